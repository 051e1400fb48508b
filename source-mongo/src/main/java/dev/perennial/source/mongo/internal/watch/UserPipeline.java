package dev.perennial.source.mongo.internal.watch;

import dev.perennial.port.support.LogText;
import java.util.List;
import java.util.Set;
import org.bson.BsonDocument;
import org.bson.BsonNull;
import org.bson.BsonString;
import org.bson.BsonValue;
import org.bson.codecs.configuration.CodecConfigurationException;
import org.bson.codecs.configuration.CodecRegistry;
import org.bson.conversions.Bson;

/**
 * A check of the application's pipeline that refuses what no server accepts. The server checks the
 * rest.
 */
public final class UserPipeline {

  private static final String TOKEN = "_id";
  private static final String PREFIX = "Cannot use the pipeline: ";

  /** Stages that work on all events at once, so they need the stream to end. */
  private static final Set<String> NEED_AN_END =
      Set.of("$group", "$sort", "$out", "$merge", "$limit", "$skip", "$count", "$bucket", "$facet");

  private UserPipeline() {}

  /**
   * Returns the stages in the form in which they are sent.
   *
   * @param split whether the server splits large events for the source
   */
  public static List<BsonDocument> checked(
      List<? extends Bson> stages, CodecRegistry codecs, boolean split) {
    List<BsonDocument> checked = stages.stream().map(stage -> encoded(stage, codecs)).toList();
    checked.forEach(stage -> check(stage, split));
    return checked;
  }

  private static BsonDocument encoded(Bson stage, CodecRegistry codecs) {
    try {
      return stage.toBsonDocument(BsonDocument.class, codecs).clone();
    } catch (CodecConfigurationException e) {
      throw new IllegalArgumentException(
          PREFIX
              + "the client's codecs cannot encode a value of it ("
              + LogText.brief(String.valueOf(e.getMessage()), 200)
              + "). Set the client's codecRegistry, or its uuidRepresentation for a UUID.",
          e);
    }
  }

  private static void check(BsonDocument stage, boolean split) {
    if (stage.size() != 1) {
      throw refused(
          "a stage has %s fields. Give each stage one field, its name, as in {$match: {…}}."
              .formatted(stage.size()));
    }
    String name = stage.getFirstKey();
    if (name.equals("$changeStream")) {
      throw refused(
          "the source itself adds $changeStream. Leave that stage out, and set its options on the builder.");
    }
    if (NEED_AN_END.contains(name)) {
      throw refused(
          ("a change stream has no end, which the stage %s needs. Use only $match, $project, $addFields,"
                  + " $set, $unset, $replaceRoot, $replaceWith and $redact.")
              .formatted(name));
    }
    if (split && name.equals(WatchPlan.SPLIT_STAGE)) {
      throw refused("splitLargeEvents already adds " + name + ". Leave one of the two out.");
    }
    if (removesToken(name, stage.get(name, BsonNull.VALUE))) {
      throw refused(
          "its stage %s removes _id, the resume token, without which the stream cannot resume. Keep _id."
              .formatted(name));
    }
  }

  private static IllegalArgumentException refused(String problem) {
    return new IllegalArgumentException(PREFIX + problem);
  }

  private static boolean removesToken(String name, BsonValue of) {
    if (name.equals("$unset")) {
      BsonString token = new BsonString(TOKEN);
      return of.equals(token) || (of.isArray() && of.asArray().contains(token));
    }
    if (!name.equals("$project") || !of.isDocument()) {
      return false;
    }
    BsonValue kept = of.asDocument().get(TOKEN);
    return kept != null
        && ((kept.isBoolean() && !kept.asBoolean().getValue())
            || (kept.isNumber() && kept.asNumber().doubleValue() == 0));
  }
}
