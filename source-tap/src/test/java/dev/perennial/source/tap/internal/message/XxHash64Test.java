package dev.perennial.source.tap.internal.message;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class XxHash64Test {

  /**
   * Made with the reference implementation, at lengths that take every path through the function.
   */
  @ParameterizedTest
  @CsvSource({
    "0,ef46db3751d8e999,5cad179d41c9195f",
    "1,a96c7f0ce858bbb7,0ffa293ef8834cd9",
    "3,bed43740ee6332bb,8b1f859d7d2f0578",
    "4,fa212ae44b3bb23d,86a596af61168c56",
    "7,2744460dd675d2c0,ddf9ab425602b25d",
    "8,994b676b71ce94dd,57f00c7c70d7944a",
    "12,b92f588ce720786e,da09ffaaba8afbe5",
    "31,6711d55e306b5d8f,cd56f6808781b65c",
    "32,07f7b8e3bc5d6e25,e616821b30d137b2",
    "33,09f85eeb4e1cbe9f,351aafa4a6909762",
    "63,b7c9968c066cb6a5,e597763428e2803a",
    "64,50d4159a0411632e,a7bd0253bdf08c67",
    "100,9ddada11d3dc2d8f,36ed0042f9265672",
    "1000,0bf0bdbcc82eb373,99780453ca267bd7"
  })
  void asTheReferenceDoes(int length, String seedless, String seeded) {
    byte[] bytes = new byte[length];
    for (int i = 0; i < length; i++) {
      bytes[i] = (byte) (i * 131 + 7);
    }

    assertThat(Long.toHexString(XxHash64.hash(bytes, 0))).isEqualTo(strip(seedless));
    assertThat(Long.toHexString(XxHash64.hash(bytes, 123456789))).isEqualTo(strip(seeded));
  }

  @Test
  void aRangeIsHashedLikeItsBytesAlone() {
    byte[] bytes = new byte[200];
    new Random(1).nextBytes(bytes);

    for (int from = 0; from < 100; from++) {
      byte[] range = Arrays.copyOfRange(bytes, from, 2 * from);
      assertThat(XxHash64.hash(bytes, from, 2 * from, from)).isEqualTo(XxHash64.hash(range, from));
    }
  }

  @Test
  void everyBitCounts() {
    byte[] bytes = new byte[77];
    Set<Long> hashes = new HashSet<>();
    hashes.add(XxHash64.hash(bytes, 0));
    for (int bit = 0; bit < bytes.length * 8; bit++) {
      bytes[bit / 8] ^= (byte) (1 << bit % 8);
      hashes.add(XxHash64.hash(bytes, 0));
      bytes[bit / 8] ^= (byte) (1 << bit % 8);
    }
    assertThat(hashes).hasSize(bytes.length * 8 + 1);
  }

  private static String strip(String hex) {
    return hex.replaceFirst("^0+", "");
  }
}
