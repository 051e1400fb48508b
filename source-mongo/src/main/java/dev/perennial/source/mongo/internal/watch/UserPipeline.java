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
 * Checks of the application's pipeline: refuses what no server accepts before a server is asked.
 * The server judges the rest.
 */
public final class UserPipeline {

  private static final String TOKEN = "_id";

  /** What adds up events, or writes them: a stream has no end to do that at. */
  private static final Set<String> NEED_AN_END =
      Set.of("$group", "$sort", "$out", "$merge", "$limit", "$skip", "$count", "$bucket", "$facet");

  private UserPipeline() {}

  /**
   * The stages as they are sent.
   *
   * @param split whether the source has large events split
   */
  public static List<BsonDocument> checked(
      List<? extends Bson> stages, CodecRegistry codecs, boolean split) {
    List<BsonDocument> checked = stages.stream().map(stage -> written(stage, codecs)).toList();
    checked.forEach(stage -> check(stage, split));
    return checked;
  }

  private static BsonDocument written(Bson stage, CodecRegistry codecs) {
    try {
      return stage.toBsonDocument(BsonDocument.class, codecs).clone();
    } catch (CodecConfigurationException e) {
      throw new IllegalArgumentException(
          "a stage of the pipeline has a value that the client's codecs do not write: "
              + LogText.brief(String.valueOf(e.getMessage()), 200)
              + " Set the client's codecRegistry, or its uuidRepresentation for a UUID",
          e);
    }
  }

  private static void check(BsonDocument stage, boolean split) {
    if (stage.size() != 1) {
      throw new IllegalArgumentException(
          "a stage of a pipeline has one field, its name, as in {$match: {…}}, but one of these has "
              + stage.size());
    }
    String name = stage.getFirstKey();
    if (name.equals("$changeStream")) {
      throw new IllegalArgumentException(
          "the source itself puts $changeStream before the pipeline; leave it out, and set its options on the"
              + " builder");
    }
    if (NEED_AN_END.contains(name)) {
      throw new IllegalArgumentException(
          "a change stream has no end, so that its pipeline cannot have a stage "
              + name
              + "; it can have $match, $project, $addFields, $set, $unset, $replaceRoot, $replaceWith and $redact");
    }
    if (split && name.equals(WatchPlan.SPLIT_STAGE)) {
      throw new IllegalArgumentException(
          "splitLargeEvents puts " + name + " at the pipeline's end; leave one of the two out");
    }
    if (removesToken(name, stage.get(name, BsonNull.VALUE))) {
      throw new IllegalArgumentException(
          "the pipeline's stage "
              + name
              + " removes _id, which is the resume token, without which no stream can go on; leave it in");
    }
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
