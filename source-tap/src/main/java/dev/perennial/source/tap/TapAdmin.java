package dev.perennial.source.tap;

import dev.perennial.port.LogText;
import dev.perennial.source.tap.internal.http.TapUri;
import dev.perennial.source.tap.internal.message.Json;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Tap's management API: which repos it follows, and how it is doing.
 *
 * <pre>{@code
 * TapAdmin admin = TapAdmin.of("localhost:2480");
 * admin.addRepos(List.of("did:plc:ewvi7nxzyoun6zhxrhs64oiz"));
 * }</pre>
 *
 * <p>Every call blocks for no longer than the request's timeout, tries once, and throws {@link
 * TapAdminException} if it fails. Immutable and safe for use from any thread; there is nothing to
 * close.
 */
public final class TapAdmin {

  /** How long connecting may take unless set. */
  public static final Duration DEFAULT_CONNECT_TIMEOUT = Duration.ofSeconds(10);

  /** How long a request may take, connecting included, unless set. */
  public static final Duration DEFAULT_REQUEST_TIMEOUT = Duration.ofSeconds(30);

  /**
   * Tap puts nine variables for each DID into one SQL statement, and stock SQLite takes 32,766 of
   * them.
   */
  private static final int MAX_DIDS = 1_000;

  /**
   * The characters that the DID syntax has. None of them means anything in a path, so a DID goes
   * there as it is.
   */
  private static final Pattern DID =
      // Possessive, because the stack that backtracking takes grows with the DID.
      Pattern.compile("did:[a-z0-9]++:(?:[A-Za-z0-9._:-]++|%[0-9A-Fa-f]{2})++");

  /** The AT Protocol's own limit, in its specification of DIDs, is 2 KiB. */
  private static final int MAX_DID_LENGTH = 2_048;

  private final AdminHttp http;
  private final TapUri uri;

  TapAdmin(AdminHttp http, TapUri uri) {
    this.http = http;
    this.uri = uri;
  }

  /**
   * A client with every default.
   *
   * @param uri where the Tap is; see {@link TapAdminBuilder#uri(String)}
   * @throws IllegalArgumentException if {@code uri} is no address of a Tap
   */
  public static TapAdmin of(String uri) {
    return builder().uri(uri).build();
  }

  /** Describes a client. */
  public static TapAdminBuilder builder() {
    return new TapAdminBuilder();
  }

  /** Tap's word on its own health, {@code ok}. */
  public String health() throws TapAdminException, InterruptedException {
    return text("/health", "status");
  }

  /**
   * Makes Tap follow repos. Those that it follows already are left as they are. Sent in parts of
   * 1,000.
   *
   * @throws IllegalArgumentException if one of them is no DID; nothing is sent then
   */
  public void addRepos(Collection<String> dids) throws TapAdminException, InterruptedException {
    postDids("/repos/add", dids);
  }

  /**
   * Makes Tap forget repos. Those that it does not know are passed over. Events of theirs that wait
   * for delivery or an ack still come. Sent in parts of 1,000.
   *
   * @throws IllegalArgumentException if one of them is no DID; nothing is sent then
   */
  public void removeRepos(Collection<String> dids) throws TapAdminException, InterruptedException {
    postDids("/repos/remove", dids);
  }

  /**
   * A DID's document, as Tap resolves it.
   *
   * @throws TapAdminException {@link TapAdminException.Kind#NOT_FOUND NOT_FOUND} if there is no
   *     such DID
   * @throws IllegalArgumentException if it is no DID
   */
  public JsonNode resolve(String did) throws TapAdminException, InterruptedException {
    return object("/resolve/" + requireDid(did));
  }

  /**
   * What Tap knows of a repo.
   *
   * @throws TapAdminException {@link TapAdminException.Kind#NOT_FOUND NOT_FOUND} if it does not
   *     follow that repo
   * @throws IllegalArgumentException if it is no DID
   */
  public RepoInfo info(String did) throws TapAdminException, InterruptedException {
    String path = "/info/" + requireDid(did);
    JsonNode info = object(path);
    return new RepoInfo(
        text(path, info, "did"),
        text(path, info, "handle"),
        RepoState.of(text(path, info, "state")),
        text(path, info, "rev"),
        text(path, info, "error"),
        (int) Math.min(Integer.MAX_VALUE, number(path, info, "retries")),
        number(path, info, "records"));
  }

  /** How many repos Tap follows. */
  public long repoCount() throws TapAdminException, InterruptedException {
    return number("/stats/repo-count", "repo_count");
  }

  /** How many records they have. */
  public long recordCount() throws TapAdminException, InterruptedException {
    return number("/stats/record-count", "record_count");
  }

  /**
   * How many events wait for delivery or an ack. Acked events are counted for up to 10 s after
   * their ack.
   */
  public long outboxBuffer() throws TapAdminException, InterruptedException {
    return number("/stats/outbox-buffer", "outbox_buffer");
  }

  /** How many live events wait for the resync of their repo. */
  public long resyncBuffer() throws TapAdminException, InterruptedException {
    return number("/stats/resync-buffer", "resync_buffer");
  }

  /** How far Tap got with what it reads from. */
  public TapCursors cursors() throws TapAdminException, InterruptedException {
    String path = "/stats/cursors";
    JsonNode cursors = object(path);
    // A cursor that Tap does not have is left out, or shown as 0 or an empty text.
    long firehose = isAbsent(cursors, "firehose") ? 0 : number(path, cursors, "firehose");
    String listRepos = isAbsent(cursors, "list_repos") ? "" : text(path, cursors, "list_repos");
    return new TapCursors(
        firehose == 0 ? OptionalLong.empty() : OptionalLong.of(firehose),
        listRepos.isEmpty() ? Optional.empty() : Optional.of(listRepos));
  }

  @Override
  public String toString() {
    return "TapAdmin[" + uri.shown("/") + ']';
  }

  private void postDids(String path, Collection<String> dids)
      throws TapAdminException, InterruptedException {
    List<String> all = new ArrayList<>(dids.size());
    for (String did : dids) {
      all.add(requireDid(did));
    }
    // No request for none: Tap answers an empty list with a server error.
    for (int from = 0; from < all.size(); from += MAX_DIDS) {
      int to = Math.min(all.size(), from + MAX_DIDS);
      try {
        http.post(path, didsBody(all.subList(from, to)));
      } catch (TapAdminException e) {
        throw all.size() <= MAX_DIDS
            ? e
            : e.adding(" (the first " + from + " of " + all.size() + " DIDs are done)");
      }
    }
  }

  private static byte[] didsBody(List<String> dids) {
    ObjectNode body = Json.MAPPER.createObjectNode();
    ArrayNode list = body.putArray("dids");
    dids.forEach(list::add);
    return Json.MAPPER.writeValueAsBytes(body);
  }

  private static String requireDid(String did) {
    if (did.length() > MAX_DID_LENGTH) {
      throw new IllegalArgumentException(
          "\""
              + LogText.brief(did)
              + "\" is no DID: it has "
              + did.length()
              + " characters, of which a DID has no more than "
              + MAX_DID_LENGTH);
    }
    if (!DID.matcher(did).matches()) {
      throw new IllegalArgumentException(
          "\""
              + LogText.brief(did)
              + "\" is no DID, such as did:plc:ewvi7nxzyoun6zhxrhs64oiz; a handle must be resolved first");
    }
    return did;
  }

  private JsonNode object(String path) throws TapAdminException, InterruptedException {
    JsonNode answer = http.get(path);
    if (!answer.isObject()) {
      throw http.unreadable(path, "it is no object", null);
    }
    return answer;
  }

  private String text(String path, String field) throws TapAdminException, InterruptedException {
    return text(path, object(path), field);
  }

  private String text(String path, JsonNode object, String field) throws TapAdminException {
    JsonNode value = object.path(field);
    if (!value.isString()) {
      throw http.unreadable(path, "it has no text \"" + field + "\"", null);
    }
    return value.asString();
  }

  private long number(String path, String field) throws TapAdminException, InterruptedException {
    return number(path, object(path), field);
  }

  private long number(String path, JsonNode object, String field) throws TapAdminException {
    JsonNode value = object.path(field);
    if (!value.isIntegralNumber() || !value.canConvertToLong()) {
      throw http.unreadable(path, "it has no integer \"" + field + "\"", null);
    }
    return value.asLong();
  }

  private static boolean isAbsent(JsonNode object, String field) {
    JsonNode value = object.path(field);
    return value.isMissingNode() || value.isNull();
  }
}
