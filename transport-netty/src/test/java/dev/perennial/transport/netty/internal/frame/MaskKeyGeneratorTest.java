package dev.perennial.transport.netty.internal.frame;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class MaskKeyGeneratorTest {

  private static final int KEYS = 10_000;

  @Test
  void keysDoNotRepeat() {
    MaskKeyGenerator generator = new MaskKeyGenerator();

    long different = IntStream.generate(generator::next).limit(KEYS).distinct().count();

    // About one of a hundred runs draws two equal keys; a buffer that is used twice has 256.
    assertThat(different).isGreaterThan(KEYS - 10);
  }

  @Test
  void generatorsHaveDifferentKeys() {
    MaskKeyGenerator one = new MaskKeyGenerator();
    MaskKeyGenerator other = new MaskKeyGenerator();

    long equal = IntStream.range(0, KEYS).filter(i -> one.next() == other.next()).count();

    assertThat(equal).isLessThan(10);
  }
}
