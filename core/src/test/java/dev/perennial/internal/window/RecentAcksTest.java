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

class RecentAcksTest {

  private static final class Remembered {
    final TestPosition position;
    Optional<Long> until = Optional.empty();

    Remembered(TestPosition position) {
      this.position = position;
    }
  }

  /** A code that is a multiple of 5 is an idle moment, that many nanoseconds later. */
  @Property
  void behavesLikeAList(
      @ForAll @IntRange(min = 1, max = 20) int capacity,
      @ForAll @IntRange(max = 100) int horizon,
      @ForAll @Size(max = 200) List<@IntRange(max = 199) Integer> codes) {
    RecentAcks<TestPosition> memory = new RecentAcks<>(capacity, horizon);
    List<Remembered> list = new ArrayList<>();
    long now = Long.MAX_VALUE - 500;
    long ids = 0;
    for (int code : codes) {
      if (code % 5 > 0) {
        TestPosition position = new TestPosition(ids++);
        memory.add(position);
        list.add(new Remembered(position));
        if (list.size() > capacity) {
          list.remove(0);
        }
      } else {
        now += code;
        memory.idle(now);
        for (Remembered remembered : list) {
          if (remembered.until.isEmpty()) {
            remembered.until = Optional.of(now + horizon);
          }
        }
        long time = now;
        list.removeIf(remembered -> remembered.until.orElseThrow() - time <= 0);
      }
      for (long id = 0; id < ids; id++) {
        TestPosition position = new TestPosition(id);
        assertThat(memory.contains(position))
            .isEqualTo(list.stream().anyMatch(remembered -> remembered.position.equals(position)));
      }
    }
  }

  @Test
  @DisplayName("the time of an ack starts at the first idle moment after it")
  void ages() {
    RecentAcks<TestPosition> memory = new RecentAcks<>(10, 100);
    memory.add(new TestPosition(1));
    memory.idle(0);
    memory.add(new TestPosition(2));
    memory.idle(99);
    assertThat(memory.contains(new TestPosition(1))).isTrue();
    memory.idle(100);
    assertThat(memory.contains(new TestPosition(1))).isFalse();
    assertThat(memory.contains(new TestPosition(2))).isTrue();
    memory.idle(199);
    assertThat(memory.contains(new TestPosition(2))).isFalse();
  }
}
