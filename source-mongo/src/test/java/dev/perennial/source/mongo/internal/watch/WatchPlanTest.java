package dev.perennial.source.mongo.internal.watch;

import static org.assertj.core.api.Assertions.assertThat;

import com.mongodb.MongoClientSettings;
import com.mongodb.client.model.Aggregates;
import com.mongodb.client.model.Collation;
import com.mongodb.client.model.Filters;
import com.mongodb.client.model.changestream.FullDocument;
import com.mongodb.client.model.changestream.FullDocumentBeforeChange;
import dev.perennial.source.mongo.Scope;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.bson.BsonDocument;
import org.bson.conversions.Bson;
import org.junit.jupiter.api.Test;

class WatchPlanTest {

  private static WatchPlan plan(Scope scope, Bson... stages) {
    return WatchPlan.of((ScopeKind) scope, encoded(false, stages), false);
  }

  private static List<BsonDocument> encoded(boolean split, Bson... stages) {
    return UserPipeline.checked(
        List.of(stages), MongoClientSettings.getDefaultCodecRegistry(), split);
  }

  private static List<BsonDocument> stages(String... json) {
    return Arrays.stream(json).map(BsonDocument::parse).toList();
  }

  @Test
  void watchesOneCollection() {
    WatchPlan plan = plan(Scope.collection("shop", "orders"));

    assertThat(plan.database()).contains("shop");
    assertThat(plan.collection()).contains("orders");
    assertThat(plan.pipeline()).isEmpty();
  }

  @Test
  void watchesADatabase() {
    WatchPlan plan = plan(Scope.database("shop"));

    assertThat(plan.database()).contains("shop");
    assertThat(plan.collection()).isEmpty();
    assertThat(plan.pipeline()).isEmpty();
  }

  @Test
  void watchesTheCluster() {
    WatchPlan plan = plan(Scope.cluster());

    assertThat(plan.database()).isEmpty();
    assertThat(plan.collection()).isEmpty();
    assertThat(plan.pipeline()).isEmpty();
  }

  @Test
  void watchesSeveralCollectionsThroughTheirDatabase() {
    WatchPlan plan = plan(Scope.collections("shop.orders", "shop.items.old"));

    assertThat(plan.database()).contains("shop");
    assertThat(plan.collection()).isEmpty();
    assertThat(plan.pipeline())
        .isEqualTo(
            stages(
                "{$match: {$or: [{'ns.coll': {$in: ['items.old', 'orders']}},"
                    + " {'to.coll': {$in: ['items.old', 'orders']}},"
                    + " {operationType: 'invalidate'}]}}"));
  }

  @Test
  void watchesCollectionsOfSeveralDatabasesThroughTheCluster() {
    WatchPlan plan = plan(Scope.collections("shop.orders", "crm.users"));

    assertThat(plan.database()).isEmpty();
    assertThat(plan.pipeline())
        .isEqualTo(
            stages(
                "{$match: {$or: [{'ns.db': 'crm', 'ns.coll': {$in: ['users']}},"
                    + " {'to.db': 'crm', 'to.coll': {$in: ['users']}},"
                    + " {'ns.db': 'shop', 'ns.coll': {$in: ['orders']}},"
                    + " {'to.db': 'shop', 'to.coll': {$in: ['orders']}}]}}"));
  }

  @Test
  void watchesWhatMatches() {
    WatchPlan plan =
        plan(
            Scope.matching(
                Pattern.compile("shop\\..* # all", Pattern.COMMENTS | Pattern.CASE_INSENSITIVE)));

    assertThat(plan.database()).isEmpty();
    assertThat(plan.pipeline())
        .isEqualTo(
            stages(
                "{$match: {$expr: {$or: [{$regexMatch: {input: {$concat: ['$ns.db', '.',"
                    + " '$ns.coll']}, regex: '\\\\A(?:shop\\\\..* # all\\n)\\\\z', options: 'ix'}},"
                    + " {$regexMatch: {input: {$concat: ['$to.db', '.', '$to.coll']}, regex:"
                    + " '\\\\A(?:shop\\\\..* # all\\n)\\\\z', options: 'ix'}}]}}}"));
  }

  @Test
  void putsTheScopeFirstAndTheSplitLast() {
    BsonDocument mine = BsonDocument.parse("{$match: {operationType: 'insert'}}");
    WatchPlan plan =
        WatchPlan.of(
            ScopeKind.collections(List.of("a.b", "a.c")),
            encoded(true, mine, Aggregates.project(Filters.eq("ns", 1))),
            true);
    mine.clear();

    assertThat(plan.pipeline()).hasSize(4);
    assertThat(plan.pipeline().get(0)).containsKey("$match");
    assertThat(plan.pipeline().subList(1, 4))
        .isEqualTo(
            stages(
                "{$match: {operationType: 'insert'}}",
                "{$project: {ns: 1}}",
                "{$changeStreamSplitLargeEvent: {}}"));
  }

  @Test
  void findsAnInvalidateThatIsHidden() {
    assertThat(WatchPlan.INVALIDATES_ONLY)
        .isEqualTo(stages("{$match: {operationType: 'invalidate'}}"));
  }

  @Test
  void fingerprintsTellApartWhatATokenDependsOn() {
    WatchPlan plan = plan(Scope.database("shop"));
    Set<String> all = new HashSet<>();

    all.add(fingerprint(plan, FullDocument.DEFAULT, FullDocumentBeforeChange.OFF, false));
    all.add(fingerprint(plan, FullDocument.UPDATE_LOOKUP, FullDocumentBeforeChange.OFF, false));
    all.add(fingerprint(plan, FullDocument.DEFAULT, FullDocumentBeforeChange.REQUIRED, false));
    all.add(fingerprint(plan, FullDocument.DEFAULT, FullDocumentBeforeChange.OFF, true));
    for (WatchPlan other :
        List.of(
            plan(Scope.cluster()),
            plan(Scope.database("shop2")),
            plan(Scope.collection("shop", "orders")),
            plan(Scope.collections("shop.a", "shop.b")),
            plan(Scope.database("shop"), Aggregates.match(Filters.eq("a", 1))),
            plan(Scope.database("shop"), Aggregates.match(Filters.eq("a", 2))),
            WatchPlan.of(ScopeKind.database("shop"), List.of(), true))) {
      all.add(fingerprint(other, FullDocument.DEFAULT, FullDocumentBeforeChange.OFF, false));
    }
    all.add(
        Fingerprint.of(
            plan,
            FullDocument.DEFAULT,
            FullDocumentBeforeChange.OFF,
            false,
            Collation.builder().locale("de").build()));

    assertThat(all).hasSize(12).allMatch(text -> text.matches("[0-9a-f]{16}"));
  }

  /** Written down, because a release that computed it otherwise would degrade all checkpoints. */
  @Test
  void aFingerprintStaysTheSame() {
    assertThat(
            fingerprint(
                plan(Scope.collections("b.c", "b.a")),
                FullDocument.DEFAULT,
                FullDocumentBeforeChange.OFF,
                false))
        .isEqualTo(
            fingerprint(
                plan(Scope.collections("b.a", "b.c", "b.a")),
                FullDocument.DEFAULT,
                FullDocumentBeforeChange.OFF,
                false))
        .isEqualTo("f40c9cb14d0bef17");
  }

  private static String fingerprint(
      WatchPlan plan, FullDocument full, FullDocumentBeforeChange before, boolean expanded) {
    return Fingerprint.of(plan, full, before, expanded, null);
  }
}
