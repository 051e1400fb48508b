package dev.perennial.simulators.tap;

import java.util.Arrays;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * Generates events, the same ones for the same seed: of each hundred, about 70 records from
 * backfills, 16 new live ones, 4 live updates, 5 live deletes and 5 identities, spread over the
 * repositories at random. An update or delete follows an earlier event of the same record. No two
 * have the same {@link TapEventSpec#key()}.
 */
final class EventGenerator implements Iterator<TapEventSpec> {

  private static final String[] COLLECTIONS = {
    "app.bsky.feed.post", "app.bsky.feed.like", "app.bsky.feed.repost", "app.bsky.graph.follow"
  };

  private static final String[] WORDS = {
    "perennial",
    "river",
    "spring",
    "delta",
    "meadow",
    "willow",
    "heron",
    "stone",
    "ferry",
    "harbour"
  };

  /**
   * Not ASCII, for one record in twenty: it takes a client longer to read, and the simulator to
   * write.
   */
  private static final String[] MORE_WORDS = {"river", "“quoted”", "naïve", "水", "🌱"};

  /**
   * How many different records there are. They are generated beforehand, so that writing events
   * costs little time.
   */
  private static final int BODIES = 512;

  private static final String[] STATUSES = {
    "active", "takendown", "suspended", "deactivated", "deleted"
  };

  private static final String CID_DIGITS = "abcdefghijklmnopqrstuvwxyz234567";
  private static final String CID_PREFIX = "bafyreiaperennialperennialperennialperennialpe";
  private static final int CID_RANDOM_DIGITS = 13;

  private final SplittableRandom random;
  private final Repository[] repositories;
  private final String[] bodies = new String[BODIES];
  private long clock;
  private int left;

  /**
   * @param clock where the revisions begin, in microseconds: each event takes one
   */
  EventGenerator(long seed, int events, int repositories, long clock) {
    this.random = new SplittableRandom(seed);
    this.left = events;
    this.clock = clock;
    Arrays.setAll(bodies, i -> makeBody());
    this.repositories = new Repository[repositories];
    for (int i = 0; i < repositories; i++) {
      this.repositories[i] = new Repository(did(i), "user" + i);
    }
  }

  /** The DID of a repository, which is the same for all seeds. */
  static String did(int repository) {
    StringBuilder did = new StringBuilder("did:plc:");
    long mixed = (repository + 1) * 0x9E3779B97F4A7C15L;
    for (int i = 0; i < 12; i++) {
      did.append(CID_DIGITS.charAt((int) (mixed & 31)));
      mixed >>>= 5;
    }
    String number = Integer.toString(repository, 32);
    did.append("a".repeat(12 - number.length()));
    for (int i = 0; i < number.length(); i++) {
      did.append(CID_DIGITS.charAt(Character.digit(number.charAt(i), 32)));
    }
    return did.toString();
  }

  @Override
  public boolean hasNext() {
    return left > 0;
  }

  @Override
  public TapEventSpec next() {
    if (left == 0) {
      throw new NoSuchElementException();
    }
    left--;
    Repository repository = repositories[random.nextInt(repositories.length)];
    String rev = Tid.of(clock++);
    int kind = random.nextInt(100);
    if (kind < 70) {
      return create(repository, rev, false);
    }
    if (kind < 75) {
      String status = STATUSES[random.nextInt(10) < 8 ? 0 : random.nextInt(STATUSES.length)];
      String handle = repository.name + "-" + rev + ".test";
      return new TapEventSpec.IdentityChange(
          repository.did, handle, status.equals("active"), status);
    }
    if (kind < 80 && repository.rkey != null) {
      TapEventSpec.RecordChange deleted = change(repository, rev, "delete");
      repository.rkey = null;
      return deleted;
    }
    if (kind < 84 && repository.rkey != null) {
      return change(repository, rev, "update");
    }
    return create(repository, rev, true);
  }

  private TapEventSpec create(Repository repository, String rev, boolean live) {
    repository.collection = COLLECTIONS[random.nextInt(COLLECTIONS.length)];
    repository.rkey = rev;
    return new TapEventSpec.RecordChange(
        repository.did, rev, repository.collection, rev, "create", live, cid(), body());
  }

  private TapEventSpec.RecordChange change(Repository repository, String rev, String action) {
    boolean delete = action.equals("delete");
    return new TapEventSpec.RecordChange(
        repository.did,
        rev,
        repository.collection,
        String.valueOf(repository.rkey),
        action,
        true,
        delete ? null : cid(),
        delete ? null : body());
  }

  private String cid() {
    char[] digits = new char[CID_RANDOM_DIGITS];
    long bits = random.nextLong();
    for (int i = 0; i < digits.length; i++) {
      digits[i] = CID_DIGITS.charAt((int) (bits & 31));
      bits >>>= 5;
    }
    return CID_PREFIX + new String(digits);
  }

  private String body() {
    return bodies[random.nextInt(bodies.length)];
  }

  private String makeBody() {
    StringBuilder json = new StringBuilder(400);
    json.append(
        "{\"$type\":\"app.bsky.feed.post\",\"createdAt\":\"2026-08-19T03:22:47.000Z\",\"text\":\"");
    String[] words = random.nextInt(20) == 0 ? MORE_WORDS : WORDS;
    int count = 8 + random.nextInt(24);
    for (int i = 0; i < count; i++) {
      json.append(i == 0 ? "" : " ").append(words[random.nextInt(words.length)]);
    }
    return json.append("\",\"langs\":[\"en\"]}").toString();
  }

  /** A repository, and the record in it that the latest event was about, if it still exists. */
  private static final class Repository {
    private final String did;
    private final String name;
    private String collection = "";
    private @Nullable String rkey;

    Repository(String did, String name) {
      this.did = did;
      this.name = name;
    }
  }
}
