package dev.perennial.source.mongo.internal.watch;

import dev.perennial.source.mongo.OperationType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.bson.BsonArray;
import org.bson.BsonDocument;
import org.bson.BsonString;
import org.bson.BsonValue;

/**
 * The namespace and the stages that the source sends to the server for a scope.
 *
 * @param database the database to watch; empty for the cluster
 * @param collection the collection to watch; empty for a database or the cluster
 * @param pipeline the scope's stage, if it needs one, then the application's, then the split stage
 */
public record WatchPlan(
    Optional<String> database, Optional<String> collection, List<BsonDocument> pipeline) {

  /**
   * A pipeline that returns only invalidate events. The source uses it to find the token of such an
   * event if the application's pipeline hides the event.
   */
  public static final List<BsonDocument> INVALIDATES_ONLY =
      List.of(stage("$match", is("operationType", "invalidate")));

  /** The events after which a namespace belongs to another collection or to none. */
  private static final List<BsonValue> DROPS =
      Stream.of(
              OperationType.DROP,
              OperationType.RENAME,
              OperationType.DROP_DATABASE,
              OperationType.INVALIDATE,
              OperationType.RESHARD_COLLECTION)
          .<BsonValue>map(type -> new BsonString(type.value()))
          .toList();

  public static final String SPLIT_STAGE = "$changeStreamSplitLargeEvent";

  /** Copies the list. */
  public WatchPlan {
    pipeline = List.copyOf(pipeline);
  }

  /**
   * Creates the plan for a stream.
   *
   * @param stages the application's stages
   * @param split whether to ask the server to split events that are too large
   */
  public static WatchPlan of(ScopeKind scope, List<BsonDocument> stages, boolean split) {
    List<BsonDocument> pipeline = new ArrayList<>();
    scopeStage(scope).ifPresent(pipeline::add);
    pipeline.addAll(stages);
    if (split) {
      // The server requires it to be the last stage.
      pipeline.add(stage(SPLIT_STAGE, new BsonDocument()));
    }
    return new WatchPlan(database(scope), collection(scope), pipeline);
  }

  /**
   * Returns the pipeline of a stream that returns only drops, renames and similar events of the
   * scope's collections.
   */
  public static List<BsonDocument> drops(ScopeKind scope) {
    List<BsonDocument> pipeline = new ArrayList<>();
    scopeStage(scope).ifPresent(pipeline::add);
    BsonDocument types = new BsonDocument("$in", new BsonArray(DROPS));
    pipeline.add(stage("$match", new BsonDocument("operationType", types)));
    return pipeline;
  }

  private static Optional<String> database(ScopeKind scope) {
    if (scope instanceof ScopeKind.OneCollection one) {
      return Optional.of(one.database());
    }
    if (scope instanceof ScopeKind.OneDatabase one) {
      return Optional.of(one.database());
    }
    if (scope instanceof ScopeKind.Collections several && several.byDatabase().size() == 1) {
      return Optional.of(several.byDatabase().firstKey());
    }
    return Optional.empty();
  }

  private static Optional<String> collection(ScopeKind scope) {
    return scope instanceof ScopeKind.OneCollection one
        ? Optional.of(one.collection())
        : Optional.empty();
  }

  private static Optional<BsonDocument> scopeStage(ScopeKind scope) {
    if (scope instanceof ScopeKind.Collections several) {
      return Optional.of(stage("$match", anyOf(several)));
    }
    if (scope instanceof ScopeKind.Matching matching) {
      return Optional.of(stage("$match", whereNameIs(matching.namespace())));
    }
    return Optional.empty();
  }

  /**
   * Returns a filter by {@code ns.coll}, with which servers scan their oplog ten times faster than
   * with {@code ns} as a whole. A rename matches by both of its names, as in a stream on one
   * collection.
   */
  private static BsonDocument anyOf(ScopeKind.Collections several) {
    BsonArray choices = new BsonArray();
    boolean oneDatabase = several.byDatabase().size() == 1;
    several
        .byDatabase()
        .forEach((database, collections) -> {
          BsonArray names = new BsonArray();
          collections.forEach(collection -> names.add(new BsonString(collection)));
          for (String field : List.of("ns", "to")) {
            BsonDocument choice = new BsonDocument();
            if (!oneDatabase) {
              choice.append(field + ".db", new BsonString(database));
            }
            choices.add(choice.append(field + ".coll", new BsonDocument("$in", names)));
          }
        });
    if (oneDatabase) {
      // An invalidate event has no namespace. Without this choice the stream would end without a
      // reason.
      choices.add(is("operationType", "invalidate"));
    }
    return new BsonDocument("$or", choices);
  }

  private static BsonDocument whereNameIs(Pattern pattern) {
    BsonArray choices = new BsonArray();
    choices.add(nameMatches("ns", pattern));
    choices.add(nameMatches("to", pattern));
    return stage("$expr", stage("$or", choices));
  }

  /**
   * Returns a comparison with the full name. The name of an event without a collection is null,
   * which never matches.
   */
  private static BsonDocument nameMatches(String field, Pattern pattern) {
    BsonArray name =
        new BsonArray(
            List.of(
                new BsonString('$' + field + ".db"),
                new BsonString("."),
                new BsonString('$' + field + ".coll")));
    return stage(
        "$regexMatch",
        new BsonDocument("input", stage("$concat", name))
            .append("regex", new BsonString(whole(pattern)))
            .append("options", new BsonString(letters(pattern))));
  }

  /**
   * Returns the pattern anchored with \A and \z, which no flag changes. With the COMMENTS flag, a
   * line break ends a comment at the pattern's end, which would otherwise swallow the anchor.
   */
  private static String whole(Pattern pattern) {
    return "\\A(?:" + pattern.pattern() + (has(Pattern.COMMENTS, pattern) ? "\n" : "") + ")\\z";
  }

  /** Returns the letters of the pattern's flags, which are those of {@link ScopeKind} only. */
  private static String letters(Pattern pattern) {
    return (has(Pattern.CASE_INSENSITIVE, pattern) ? "i" : "")
        + (has(Pattern.MULTILINE, pattern) ? "m" : "")
        + (has(Pattern.DOTALL, pattern) ? "s" : "")
        + (has(Pattern.COMMENTS, pattern) ? "x" : "");
  }

  private static boolean has(int flag, Pattern pattern) {
    return (pattern.flags() & flag) != 0;
  }

  private static BsonDocument is(String field, String value) {
    return new BsonDocument(field, new BsonString(value));
  }

  private static BsonDocument stage(String name, BsonValue of) {
    return new BsonDocument(name, of);
  }
}
