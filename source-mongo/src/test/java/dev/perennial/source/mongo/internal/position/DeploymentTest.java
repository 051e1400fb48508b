package dev.perennial.source.mongo.internal.position;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.perennial.port.Checkpoint;
import dev.perennial.port.CheckpointException;
import dev.perennial.source.mongo.RandomBson;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DeploymentTest {

  private static final UUID A = new UUID(1, 1);
  private static final UUID B = new UUID(2, 2);

  private static Deployment of(@Nullable String id, @Nullable String set, UUID... collections) {
    return new Deployment(id, set, Set.of(collections), null);
  }

  @Property
  void aCheckpointKeepsIt(
      @ForAll Random random,
      @ForAll String id,
      @ForAll String set,
      @ForAll @Size(max = 8) Set<Long> collections)
      throws CheckpointException {
    Deployment deployment =
        new Deployment(
            random.nextBoolean() ? Deployment.REPLICA_SET + id : null,
            random.nextBoolean() ? set : null,
            collections.stream().map(n -> new UUID(n, ~n)).collect(Collectors.toSet()),
            null);
    ResumePosition position =
        random.nextBoolean()
            ? ResumePosition.ofToken(new RandomBson(random).token())
            : ResumePosition.ofTime(new org.bson.BsonTimestamp(random.nextLong()));
    CheckpointText text = new CheckpointText("f");

    Checkpoint written = text.encode(position, deployment);
    CheckpointText.Restored restored = text.decode(Checkpoint.parse(written.toLine()));

    assertThat(restored.deployment()).isEqualTo(deployment);
    assertThat(restored.position()).isEqualTo(position);
    if (deployment.isUnknown()) {
      String saved = written.position();
      assertThat(saved.substring(saved.lastIndexOf(' ') + 1)).doesNotStartWith("@");
    }
  }

  @Test
  void isOneWordBehindThePosition() {
    assertThat(
            new CheckpointText("f")
                .encode(
                    ResumePosition.ofTime(new org.bson.BsonTimestamp(5, 1)),
                    of("replicaSet-65f0", "my set & co", A))
                .position())
        .isEqualTo(
            "1 time 5.1 @id=replicaSet-65f0&set=my+set+%26+co"
                + "&collection=00000000-0000-0001-0000-000000000001");
  }

  @Test
  void keepsWhenTheCollectionsWereNamed() throws CheckpointException {
    Deployment deployment =
        new Deployment(null, "rs0", Set.of(A), new org.bson.BsonTimestamp(7, 2));
    CheckpointText text = new CheckpointText("f");
    Checkpoint written =
        text.encode(ResumePosition.ofTime(new org.bson.BsonTimestamp(5, 1)), deployment);

    assertThat(written.position()).endsWith("&at=7.2");
    assertThat(text.decode(written).deployment()).isEqualTo(deployment);
  }

  @Test
  void whatANewerReleaseKnowsIsLeftOut() throws CheckpointException {
    CheckpointText.Restored restored =
        new CheckpointText("f")
            .decode(new Checkpoint("mongodb", "f", "1 time 5.1 @colour=blue&set=rs0&x"));
    assertThat(restored.deployment()).isEqualTo(of(null, "rs0"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"1 time 5.1 @collection=x", "1 time 5.1 @set=%zz", "1 time @set=rs0"})
  void saysWhatIsWrongWithGarbage(String position) {
    assertThatThrownBy(
            () -> new CheckpointText("f").decode(new Checkpoint("mongodb", "f", position)))
        .isInstanceOfSatisfying(
            CheckpointException.class,
            e -> assertThat(e.reason()).isEqualTo(CheckpointException.Reason.CORRUPT));
  }

  @Test
  void onlyWhatBothKnowIsCompared() {
    Deployment id1 = of("replicaSet-1", "a", A);
    assertThat(id1.difference(of("replicaSet-2", "a", A))).isPresent();
    assertThat(id1.difference(of("replicaSet-1", "b", B))).as("the id decides").isEmpty();
    assertThat(id1.hasOtherCollections(of("replicaSet-1", "b", B))).isFalse();
    assertThat(id1.difference(of("sharded-2", null))).as("ids of two kinds").isPresent();
    assertThat(id1.difference(of("sharded-", null, B))).as("a kind without id").isPresent();
    assertThat(of("sharded-", null).difference(of(null, "a"))).isPresent();
    assertThat(id1.difference(of("sharded-2", null, A))).as("became a shard").isEmpty();
    assertThat(of("sharded-2", null).difference(of("sharded-", null))).isEmpty();
    assertThat(of("sharded-2", null).with(of("sharded-", null))).isEqualTo(of("sharded-2", null));
    assertThat(id1.difference(of("odd", null))).as("an id of no kind").isPresent();
    assertThat(id1.difference(of(null, "b"))).isPresent();
    assertThat(id1.difference(of(null, "a"))).isEmpty();
    assertThat(id1.difference(Deployment.UNKNOWN)).isEmpty();
    assertThat(Deployment.UNKNOWN.difference(id1)).isEmpty();
    assertThat(id1.hasOtherCollections(of(null, "a", B))).isTrue();
    assertThat(id1.hasOtherCollections(of(null, "a", A, B))).isFalse();
    assertThat(id1.hasOtherCollections(of(null, "a"))).isFalse();
    assertThat(of(null, "a").hasOtherCollections(id1)).isFalse();
  }

  @Test
  void saysOfWhichKindTheOtherIs() {
    Deployment set = of("replicaSet-1", "a");
    Deployment sharded = of("sharded-2", null);

    assertThat(set.difference(sharded)).contains("it is a sharded cluster, not a replica set");
    assertThat(sharded.difference(set)).contains("it is a replica set, not a sharded cluster");
  }

  @Test
  void whenTheCollectionsWereNamedStaysWithThem() {
    Deployment known = new Deployment(null, "a", Set.of(A), new org.bson.BsonTimestamp(7, 2));
    Deployment seen = new Deployment(null, "a", Set.of(B), new org.bson.BsonTimestamp(9, 1));

    assertThat(known.with(of(null, "a"))).isEqualTo(known);
    assertThat(known.with(seen)).isEqualTo(seen);
  }

  @Test
  void whatIsNotSeenStays() {
    Deployment all = of("replicaSet-1", "a", A);
    assertThat(all.with(Deployment.UNKNOWN)).isEqualTo(all);
    assertThat(all.with(of("replicaSet-2", "b", B))).isEqualTo(of("replicaSet-2", "b", B));
    assertThat(all.withoutCollections()).isEqualTo(of("replicaSet-1", "a"));
  }

  @Property
  void aFewCollectionsAreKeptAndTheKnownOnesFirst(@ForAll @IntRange(max = 20) int count) {
    Set<UUID> many =
        Stream.iterate(0, n -> n + 1)
            .limit(count)
            .map(n -> new UUID(n, 0))
            .collect(Collectors.toSet());
    UUID last = new UUID(count - 1, 0);
    Deployment few =
        new Deployment(null, "a", many, null).withFewOf(Set.of(last, new UUID(99, 99)));
    assertThat(few.collections()).hasSize(Math.min(8, count)).isSubsetOf(many);
    assertThat(few.collections().contains(last)).isEqualTo(count > 0);
  }
}
