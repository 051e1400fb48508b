package dev.perennial.internal.window;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perennial.port.Position;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PositionIndexTest {

  /** A position with any hash code, as bad as the application makes it. */
  private record Hashed(long id, int hash) implements Position {
    @Override
    public int hashCode() {
      return hash;
    }
  }

  private final List<Hashed> entries = new ArrayList<>();
  private final PositionIndex<Hashed> index = new PositionIndex<>(entries::get);

  private int put(Hashed position) {
    entries.add(position);
    index.put(position.hashCode(), entries.size() - 1);
    return entries.size() - 1;
  }

  /** An even code puts the position or, if it is there, an odd one removes it. */
  @Property(tries = 2_000)
  void behavesLikeAMap(
      @ForAll @IntRange(min = 1, max = 40) int hashCodes,
      @ForAll @IntRange(min = 1, max = 1 << 20) int apart,
      @ForAll @Size(max = 300) List<@IntRange(max = 199) Integer> codes) {
    entries.clear();
    PositionIndex<Hashed> tested = new PositionIndex<>(entries::get);
    Map<Hashed, Integer> map = new HashMap<>();
    for (int code : codes) {
      Hashed position = new Hashed(code / 2, code / 2 % hashCodes * apart);
      Integer known = map.get(position);
      if (known == null && code % 2 == 0) {
        entries.add(position);
        tested.put(position.hashCode(), entries.size() - 1);
        map.put(position, entries.size() - 1);
      } else if (known != null && code % 2 == 1) {
        tested.remove(position.hashCode(), known);
        map.remove(position);
      }
      for (int id = 0; id < 100; id++) {
        Hashed one = new Hashed(id, id % hashCodes * apart);
        assertThat(tested.find(one)).isEqualTo(map.getOrDefault(one, -1));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 7, 8, 1 << 16, Integer.MIN_VALUE, -1})
  @DisplayName("positions with one hash code are told apart, also one with the largest entry")
  void sameHash(int hash) {
    for (int id = 0; id < 100; id++) {
      assertThat(put(new Hashed(id, hash))).isEqualTo(id);
    }
    for (int id = 0; id < 100; id++) {
      assertThat(index.find(new Hashed(id, hash))).isEqualTo(id);
    }
    assertThat(index.find(new Hashed(100, hash))).isEqualTo(-1);
    Hashed last = new Hashed(101, hash);
    PositionIndex<Hashed> far = new PositionIndex<>(entry -> last);
    far.put(hash, Integer.MAX_VALUE - 1);
    assertThat(far.find(last)).isEqualTo(Integer.MAX_VALUE - 1);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 8, 31, 1_000, 1 << 10, 1 << 15, 65_537})
  @DisplayName("positions at equal distances do not crowd in one part of the table")
  void spreads(int apart) {
    int slots = 1 << 18;
    int[] perLine = new int[slots / 8];
    for (int i = 0; i < slots / 4; i++) {
      perLine[PositionIndex.home(i * apart, slots) / 8]++;
    }
    // On average two, and eight at the most if they are consecutive.
    assertThat(Arrays.stream(perLine).max().orElseThrow()).isLessThanOrEqualTo(16);
  }
}
