package dev.perennial.simulators.mongo.changes;

import dev.perennial.simulators.mongo.query.Expressions;
import dev.perennial.simulators.mongo.query.Matcher;
import dev.perennial.simulators.mongo.query.Projection;
import dev.perennial.simulators.mongo.wire.CommandError;
import dev.perennial.simulators.mongo.wire.WireVersions;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.bson.BsonArray;
import org.bson.BsonDocument;
import org.bson.BsonString;
import org.bson.BsonValue;
import org.jspecify.annotations.Nullable;

/**
 * A user's stages after {@code $changeStream}.
 *
 * @param leading the {@code $match} stages at the head, as one
 * @param rest the stages after them; returns null for a document that is filtered out
 * @param hasRest whether there are stages after them
 * @param splits whether large events are split
 */
public record Pipeline(
    Predicate<BsonDocument> leading,
    boolean hasLeading,
    Function<BsonDocument, @Nullable BsonDocument> rest,
    boolean hasRest,
    boolean splits) {

  static final String SPLIT = "$changeStreamSplitLargeEvent";

  /** Stages that the server knows and refuses behind {@code $changeStream}. */
  private static final Set<String> REFUSED =
      Set.of(
          "$bucket",
          "$bucketAuto",
          "$collStats",
          "$count",
          "$currentOp",
          "$densify",
          "$documents",
          "$facet",
          "$fill",
          "$geoNear",
          "$graphLookup",
          "$group",
          "$indexStats",
          "$limit",
          "$listLocalSessions",
          "$listSessions",
          "$lookup",
          "$merge",
          "$out",
          "$planCacheStats",
          "$sample",
          "$search",
          "$setWindowFields",
          "$skip",
          "$sort",
          "$sortByCount",
          "$unionWith",
          "$unwind");

  /** Whether events reach the client as they are. */
  boolean isEmpty() {
    return !hasLeading && !hasRest;
  }

  public static Pipeline parse(List<BsonValue> stages, int wireVersion) {
    List<Predicate<BsonDocument>> leading = new ArrayList<>();
    List<Function<BsonDocument, ? extends @Nullable BsonDocument>> rest = new ArrayList<>();
    boolean splits = false;
    for (int i = 0; i < stages.size(); i++) {
      BsonDocument stage = stages.get(i).asDocument();
      if (stage.size() != 1) {
        throw new CommandError(
            40323, "A pipeline stage specification object must contain exactly one field.");
      }
      String name = stage.getFirstKey();
      BsonValue spec = Objects.requireNonNull(stage.get(name));
      if (name.equals("$match")) {
        Predicate<BsonDocument> match = Matcher.compile(document(name, spec));
        if (rest.isEmpty()) {
          leading.add(match);
        } else {
          rest.add(document -> match.test(document) ? document : null);
        }
      } else if (name.equals(SPLIT) && wireVersion >= WireVersions.V6_0) {
        if (!spec.isDocument() || !spec.asDocument().isEmpty()) {
          throw new CommandError(7182800, SPLIT + " spec should be an empty object");
        }
        if (i != stages.size() - 1) {
          throw new CommandError(7182802, SPLIT + " must be the last stage in the pipeline");
        }
        splits = true;
      } else {
        UnaryOperator<BsonDocument> reshape = reshape(name, spec);
        rest.add(reshape);
      }
    }
    return new Pipeline(
        document -> leading.stream().allMatch(one -> one.test(document)),
        !leading.isEmpty(),
        chain(rest),
        !rest.isEmpty(),
        splits);
  }

  private static Function<BsonDocument, @Nullable BsonDocument> chain(
      List<Function<BsonDocument, ? extends @Nullable BsonDocument>> stages) {
    return document -> {
      BsonDocument at = document;
      for (Function<BsonDocument, ? extends @Nullable BsonDocument> stage : stages) {
        at = stage.apply(at);
        if (at == null) {
          return null;
        }
      }
      return at;
    };
  }

  private static UnaryOperator<BsonDocument> reshape(String name, BsonValue spec) {
    return switch (name) {
      case "$project" -> {
        refuseChangedId(document(name, spec), true);
        yield Projection.project(spec.asDocument());
      }
      case "$unset" -> {
        BsonArray paths = spec.isArray() ? spec.asArray() : new BsonArray(List.of(spec));
        if (paths.contains(new BsonString("_id"))) {
          throw idModified();
        }
        yield Projection.unset(spec);
      }
      case "$addFields", "$set" -> {
        refuseChangedId(document(name, spec), false);
        Expressions.check(spec);
        yield Projection.addFields(spec.asDocument());
      }
      case "$replaceRoot" ->
          Projection.replaceRoot(document(name, spec).get("newRoot", new BsonDocument()));
      case "$replaceWith" -> Projection.replaceRoot(spec);
      case "$redact" ->
          throw new CommandError(238, "The scripted replica set does not implement $redact.");
      default -> {
        if (REFUSED.contains(name)) {
          throw new CommandError(20, name + " is not permitted in a $changeStream pipeline");
        }
        throw new CommandError(40324, "Unrecognized pipeline stage name: '" + name + "'");
      }
    };
  }

  private static void refuseChangedId(BsonDocument spec, boolean flagsAllowed) {
    for (String path : spec.keySet()) {
      boolean kept = flagsAllowed && Projection.isFlag(spec.get(path), true);
      if ((path.equals("_id") || path.startsWith("_id.")) && !kept) {
        throw idModified();
      }
    }
  }

  static CommandError idModified() {
    return new CommandError(
        280,
        "Encountered an event whose _id field, which contains the resume token, was modified by the"
            + " pipeline. Modifying the _id field of an event makes it impossible to resume the"
            + " stream from that point. Only transformations that retain the unmodified _id field"
            + " are allowed.");
  }

  private static BsonDocument document(String stage, BsonValue spec) {
    if (!spec.isDocument()) {
      throw new CommandError(15959, "the " + stage + " filter must be an expression in an object");
    }
    return spec.asDocument();
  }
}
