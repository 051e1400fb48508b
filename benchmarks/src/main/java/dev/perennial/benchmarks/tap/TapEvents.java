package dev.perennial.benchmarks.tap;

import dev.perennial.simulators.tap.TapEventSpec;
import java.nio.charset.StandardCharsets;
import java.util.Random;

/**
 * The events that the server sends, as whole frames: a thousand texts of records, over and over,
 * each time with another id, revision, record key and CID, so that no two are equal. Used by one
 * thread.
 */
final class TapEvents {

  /** How many texts there are, and repositories. */
  private static final int TEXTS = 1_000;

  /** All ids have nine digits, so that they fit into the same place. */
  static final long FIRST_ID = 100_000_000;

  private static final int ID_DIGITS = 9;
  private static final int SMALLEST = 364;
  private static final int LARGEST = 540;

  /** Of the digits of timestamp identifiers, which are those of CIDs too. */
  private static final byte[] DIGITS =
      "234567abcdefghijklmnopqrstuvwxyz".getBytes(StandardCharsets.US_ASCII);

  private static final String TID = "3zzzzzzzzzzzz";
  private static final String CID = "bafyreiaperennialperennialperennialperennialpe" + TID;
  private static final String[] COLLECTIONS = {
    "app.bsky.feed.post", "app.bsky.feed.like", "app.bsky.feed.repost", "app.bsky.graph.follow"
  };

  private static final int HEADER = 4;

  /** Sizes are spread evenly, so this is what they come to. */
  static final int AVERAGE_BYTES = (SMALLEST + LARGEST) / 2;

  private final byte[][] frames = new byte[TEXTS][];
  private final int[][] tids = new int[TEXTS][3];
  private final long[] checksums = new long[TEXTS];
  private final byte[] tid = new byte[TID.length()];
  private final byte[] id = new byte[ID_DIGITS];

  TapEvents() {
    Random random = new Random(1);
    for (int i = 0; i < TEXTS; i++) {
      String did = "did:plc:" + digits(random, 24);
      String collection = COLLECTIONS[random.nextInt(COLLECTIONS.length)];
      int size = SMALLEST + (LARGEST - SMALLEST) * i / (TEXTS - 1);
      byte[] json = event(did, collection, size);
      frames[i] = frame(json);
      String text = new String(frames[i], StandardCharsets.ISO_8859_1);
      int at = -1;
      for (int j = 0; j < 3; j++) {
        at = text.indexOf(TID, at + 1);
        tids[i][j] = at;
      }
      checksums[i] = Checksum.of(did, collection);
    }
    shuffle(random);
  }

  private static byte[] event(String did, String collection, int size) {
    int missing = size - encode(did, collection, "").length;
    return encode(did, collection, "perennial river ".repeat(30).substring(0, missing));
  }

  private static byte[] encode(String did, String collection, String text) {
    String record =
        "{\"$type\":\""
            + collection
            + "\",\"createdAt\":\"2026-08-19T03:22:47.000Z\",\"text\":\""
            + text
            + "\"}";
    return new TapEventSpec.RecordChange(did, TID, collection, TID, "create", true, CID, record)
        .encode(FIRST_ID);
  }

  private static byte[] frame(byte[] json) {
    byte[] frame = new byte[HEADER + json.length];
    frame[0] = (byte) Frames.FIN_TEXT;
    frame[1] = 126;
    frame[2] = (byte) (json.length >>> 8);
    frame[3] = (byte) json.length;
    System.arraycopy(json, 0, frame, HEADER, json.length);
    return frame;
  }

  private static String digits(Random random, int count) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < count; i++) {
      text.append((char) DIGITS[random.nextInt(DIGITS.length)]);
    }
    return text.toString();
  }

  private void shuffle(Random random) {
    for (int i = TEXTS - 1; i > 0; i--) {
      int j = random.nextInt(i + 1);
      byte[] frame = frames[i];
      frames[i] = frames[j];
      frames[j] = frame;
      int[] places = tids[i];
      tids[i] = tids[j];
      tids[j] = places;
      long checksum = checksums[i];
      checksums[i] = checksums[j];
      checksums[j] = checksum;
    }
  }

  /**
   * Writes an event.
   *
   * @return the end of what was written
   */
  int write(long number, byte[] target, int offset) {
    int text = (int) (number % TEXTS);
    byte[] frame = frames[text];
    System.arraycopy(frame, 0, target, offset, frame.length);
    long rest = number;
    for (int i = ID_DIGITS - 1; i >= 0; i--) {
      id[i] = (byte) ('0' + rest % 10);
      rest /= 10;
    }
    System.arraycopy(id, 0, target, offset + HEADER + "{\"id\":".length(), ID_DIGITS);
    rest = number;
    for (int i = tid.length - 1; i >= 0; i--) {
      tid[i] = DIGITS[(int) (rest & 31)];
      rest >>>= 5;
    }
    for (int place : tids[text]) {
      System.arraycopy(tid, 0, target, offset + place, tid.length);
    }
    return offset + frame.length;
  }

  /** Returns the checksum of events. */
  long checksum(long first, long count) {
    long sum = 0;
    for (long number = first; number < first + count; number++) {
      sum += checksums[(int) (number % TEXTS)];
    }
    return sum;
  }

  /** No frame is longer. */
  static int longest() {
    return HEADER + LARGEST;
  }
}
