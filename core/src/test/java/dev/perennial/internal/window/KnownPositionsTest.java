package dev.perennial.internal.window;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perennial.TestPosition;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class KnownPositionsTest {

  /** A position in the model: unacked, in place {@code place}, or acked and kept until a time. */
  private static final class Known {
    final TestPosition position;
    final int entry;
    final int place;
    Optional<Long> until = Optional.empty();

    Known(TestPosition position, int entry, int place) {
      this.position = position;
      this.entry = entry;
      this.place = place;
    }
  }

  /**
   * A code that is a multiple of 5 is an idle moment, that many nanoseconds later. The remainders 1
   * and 2 add a position, the others ack one of those that are not acked.
   */
  @Property
  void behavesLikeLists(
      @ForAll @IntRange(min = 1, max = 20) int capacity,
      @ForAll @IntRange(max = 100) int horizon,
      @ForAll @Size(max = 300) List<@IntRange(max = 199) Integer> codes) {
    KnownPositions<TestPosition> positions = new KnownPositions<>(capacity, horizon);
    List<Known> unacked = new ArrayList<>();
    List<Known> acked = new ArrayList<>();
    long now = Long.MAX_VALUE - 500;
    int ids = 0;
    for (int code : codes) {
      if (code % 5 == 0) {
        now += code;
        positions.idle(now);
        for (Known known : acked) {
          if (known.until.isEmpty()) {
            known.until = Optional.of(now + horizon);
          }
        }
        long time = now;
        acked.removeIf(known -> known.until.orElseThrow() - time <= 0);
      } else if (code % 5 <= 2) {
        TestPosition position = new TestPosition(ids);
        unacked.add(new Known(position, positions.add(position, ids), ids));
        ids++;
      } else if (!unacked.isEmpty()) {
        Known known = unacked.remove(code % unacked.size());
        positions.acked(known.entry);
        acked.add(known);
        if (acked.size() > capacity) {
          acked.remove(0);
        }
      }
      for (int id = 0; id < ids; id++) {
        assertThat(state(positions, new TestPosition(id))).isEqualTo(state(unacked, acked, id));
      }
    }
  }

  private static String state(KnownPositions<TestPosition> positions, TestPosition position) {
    int entry = positions.find(position);
    if (entry == KnownPositions.NONE) {
      return "unknown";
    }
    int place = positions.placeOf(entry);
    return place == KnownPositions.NONE ? "acked" : "in place " + place;
  }

  private static String state(List<Known> unacked, List<Known> acked, int id) {
    TestPosition position = new TestPosition(id);
    if (acked.stream().anyMatch(known -> known.position.equals(position))) {
      return "acked";
    }
    return unacked.stream()
        .filter(known -> known.position.equals(position))
        .map(known -> "in place " + known.place)
        .findFirst()
        .orElse("unknown");
  }

  private static void addAcked(KnownPositions<TestPosition> positions, int id) {
    positions.acked(positions.add(new TestPosition(id), 0));
  }

  private static boolean knows(KnownPositions<TestPosition> positions, int id) {
    return positions.find(new TestPosition(id)) != KnownPositions.NONE;
  }

  @Test
  @DisplayName("the time of an ack starts at the first idle moment after it")
  void ages() {
    KnownPositions<TestPosition> positions = new KnownPositions<>(10, 100);
    addAcked(positions, 1);
    positions.idle(0);
    addAcked(positions, 2);
    positions.idle(99);
    assertThat(knows(positions, 1)).isTrue();
    positions.idle(100);
    assertThat(knows(positions, 1)).isFalse();
    assertThat(knows(positions, 2)).isTrue();
    positions.idle(199);
    assertThat(knows(positions, 2)).isFalse();
  }
}
