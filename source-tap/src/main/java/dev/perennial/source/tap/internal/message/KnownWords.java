package dev.perennial.source.tap.internal.message;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/** Known words, which are found among the texts of a message without decoding those. */
public final class KnownWords {

  private final List<String> words;

  /** The words between quotes, as they stand in a message. */
  private final byte[][] quoted;

  /** The first eight bytes of each word between quotes, and zeros behind a shorter one. */
  private final long[] beginnings;

  private KnownWords(List<String> words) {
    this.words = words;
    this.quoted =
        words.stream()
            .map(word -> ('"' + word + '"').getBytes(StandardCharsets.US_ASCII))
            .toArray(byte[][]::new);
    this.beginnings =
        Arrays.stream(quoted)
            .mapToLong(word -> JsonText.eightBytes(Arrays.copyOf(word, Long.BYTES), 0))
            .toArray();
  }

  /** Makes a list of words of letters and underscores. */
  public static KnownWords of(List<String> words) {
    return new KnownWords(words);
  }

  /** Returns a word. */
  String get(int index) {
    return words.get(index);
  }

  /**
   * Returns the index of a text, or -1 if it is none of the words.
   *
   * @param quote the offset of the quote that begins the text
   */
  public int find(byte[] json, int quote) {
    for (int i = 0; i < quoted.length; i++) {
      if (isAt(json, quote, i)) {
        return i;
      }
    }
    // A word can also be written with escapes.
    return json[JsonText.endOfPlain(json, quote + 1)] == '\\'
        ? words.indexOf(JsonText.decode(json, quote))
        : -1;
  }

  /** Returns whether a word is at an offset, written without escapes. */
  boolean isAt(byte[] json, int quote, int index) {
    if (index >= quoted.length) {
      return false;
    }
    byte[] word = quoted[index];
    int end = quote + word.length;
    if (word.length <= Long.BYTES && quote <= json.length - Long.BYTES) {
      // Most words are short. The shift drops what follows the word.
      long difference = JsonText.eightBytes(json, quote) ^ beginnings[index];
      return difference << (Long.SIZE - Byte.SIZE * word.length) == 0;
    }
    return end <= json.length && Arrays.equals(json, quote, end, word, 0, word.length);
  }

  /** Returns the size of a word with its quotes, in bytes. */
  int lengthInJson(int index) {
    return quoted[index].length;
  }
}
