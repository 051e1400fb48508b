package dev.perennial.simulators.tap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class EventGeneratorTest {

  private static final int EVENTS = 10_000;
  private static final int REPOSITORIES = 100;

  @Test
  void generatesTheSameEventsForTheSameSeed() {
    assertThat(events(7)).isEqualTo(events(7)).isNotEqualTo(events(8));
  }

  @Test
  void generatesAsManyEventsAsAsked() {
    assertThat(events(1)).hasSize(EVENTS);
    EventGenerator none = new EventGenerator(1, 0, 1, 0);
    assertThat(none.hasNext()).isFalse();
    assertThatThrownBy(none::next).isInstanceOf(NoSuchElementException.class);
  }

  @Test
  void generatesNoTwoEventsWithTheSameKey() {
    assertThat(events(1)).extracting(TapEventSpec::key).doesNotHaveDuplicates();
  }

  @Test
  void mixesAllKinds() {
    Map<String, Integer> kinds = new HashMap<>();
    Set<String> dids = new HashSet<>();
    for (TapEventSpec event : events(1)) {
      dids.add(event.did());
      String kind =
          event instanceof TapEventSpec.RecordChange change
              ? change.action() + (change.live() ? " live" : "")
              : "identity";
      kinds.merge(kind, 1, Integer::sum);
    }
    assertThat(dids).hasSize(REPOSITORIES);
    assertThat(kinds)
        .containsOnlyKeys("create", "create live", "update live", "delete live", "identity");
    assertThat(kinds.get("create")).isBetween(6_700, 7_300);
    assertThat(kinds.get("create live")).isBetween(1_400, 2_200);
    assertThat(kinds.get("identity")).isBetween(400, 600);
    assertThat(kinds.get("delete live")).isBetween(300, 600);
    assertThat(kinds.get("update live")).isBetween(250, 500);
  }

  @Test
  void deletesAndUpdatesOnlyWhatExists() {
    Set<String> records = new HashSet<>();
    for (TapEventSpec event : events(2)) {
      if (event instanceof TapEventSpec.RecordChange change) {
        String record = change.did() + change.collection() + change.rkey();
        switch (change.action()) {
          case "create" -> assertThat(records.add(record)).isTrue();
          case "delete" -> assertThat(records.remove(record)).isTrue();
          default -> assertThat(records).contains(record);
        }
      }
    }
  }

  @Test
  void writesJson() {
    for (TapEventSpec event : events(3).subList(0, 500)) {
      JsonNode json = JsonMapper.shared().readTree(event.encode(-1));
      assertThat(json.path("id").asString()).isEqualTo("18446744073709551615");
      JsonNode body = json.path(json.path("type").asString());
      assertThat(body.path("did").asString())
          .isEqualTo(event.did())
          .matches("did:plc:[a-z2-7]{24}");
      if (event instanceof TapEventSpec.RecordChange change) {
        assertThat(body.path("rev").asString()).isEqualTo(change.rev()).matches("[2-7a-z]{13}");
        assertThat(body.has("cid")).isEqualTo(!change.action().equals("delete"));
        assertThat(body.path("cid").asString("bafyrei" + "a".repeat(52)))
            .matches("bafyrei[a-z2-7]{52}");
        assertThat(body.has("record")).isEqualTo(!change.action().equals("delete"));
      }
    }
  }

  @Test
  void namesEachRepositoryOnce() {
    assertThat(IntStream.range(0, 50_000).mapToObj(EventGenerator::did)).doesNotHaveDuplicates();
  }

  @Test
  void quotesWhatJsonQuotes() {
    String nasty = "a\"b\\c\n\u0001ü🌱";
    assertThat(JsonMapper.shared().readTree(Json.quote(nasty)).asString()).isEqualTo(nasty);
  }

  private static List<TapEventSpec> events(long seed) {
    List<TapEventSpec> events = new ArrayList<>();
    new EventGenerator(seed, EVENTS, REPOSITORIES, 1_750_000_000_000_000L)
        .forEachRemaining(events::add);
    return events;
  }
}
