package dev.perennial.source.tap;

import dev.perennial.port.support.LogText;
import dev.perennial.source.tap.internal.http.TapUri;
import dev.perennial.source.tap.internal.message.Json;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A client of Tap's admin API, which sets the repos that Tap follows and reports its state.
 *
 * <pre>{@code
 * TapAdmin admin = TapAdmin.of("localhost:2480");
 * admin.addRepos(List.of("did:plc:ewvi7nxzyoun6zhxrhs64oiz"));
 * }</pre>
 *
 * <p>A call sends its request once, blocks for at most the request timeout, and throws {@link
 * TapAdminException} if it fails. Immutable and safe for use from any thread; there is nothing to
 * close.
 */
public final class TapAdmin {

  /** The default timeout of connecting. */
  public static final Duration DEFAULT_CONNECT_TIMEOUT = Duration.ofSeconds(10);

  /** The default timeout of a request, connecting included. */
  public static final Duration DEFAULT_REQUEST_TIMEOUT = Duration.ofSeconds(30);

  /**
   * The most DIDs in a request. Tap puts nine variables for each into one SQL statement, and SQLite
   * allows 32,766 by default.
   */
  private static final int MAX_DIDS = 1_000;

  /**
   * The syntax of a DID. None of its characters has a meaning in a path, so a DID needs no encoding
   * there.
   */
  private static final Pattern DID =
      // Possessive, because backtracking would need a stack as deep as the DID is long.
      Pattern.compile("did:[a-z0-9]++:(?:[A-Za-z0-9._:-]++|%[0-9A-Fa-f]{2})++");

  /** The limit of the AT Protocol's specification of DIDs: 2 KiB. */
  private static final int MAX_DID_LENGTH = 2_048;

  private final AdminHttp http;
  private final TapUri uri;

  TapAdmin(AdminHttp http, TapUri uri) {
    this.http = http;
    this.uri = uri;
  }

  /**
   * Creates a client with all defaults.
   *
   * @param uri the address of the Tap; see {@link TapAdminBuilder#uri(String)}
   * @throws IllegalArgumentException if {@code uri} is not the address of a Tap
   */
  public static TapAdmin of(String uri) {
    return builder().uri(uri).build();
  }

  /** Returns a builder, which has a default for every option. */
  public static TapAdminBuilder builder() {
    return new TapAdminBuilder();
  }

  /** Returns Tap's word for its own health, {@code ok}. */
  public String health() throws TapAdminException, InterruptedException {
    return answer("/health").text("status");
  }

  /**
   * Makes Tap follow repos. Repos that it follows already stay as they are. Sends a request for
   * each 1,000 DIDs.
   *
   * @throws IllegalArgumentException if one is not a DID; nothing is sent then
   */
  public void addRepos(Collection<String> dids) throws TapAdminException, InterruptedException {
    postDids("/repos/add", dids);
  }

  /**
   * Makes Tap stop following repos. Repos that it does not know are skipped. Their events that wait
   * for delivery or an ack still come. Sends a request for each 1,000 DIDs.
   *
   * @throws IllegalArgumentException if one is not a DID; nothing is sent then
   */
  public void removeRepos(Collection<String> dids) throws TapAdminException, InterruptedException {
    postDids("/repos/remove", dids);
  }

  /**
   * Returns a DID's document, as Tap resolves it.
   *
   * @throws TapAdminException {@link TapAdminException.Reason#NOT_FOUND NOT_FOUND} if there is no
   *     such DID
   * @throws IllegalArgumentException if it is not a DID
   */
  public JsonNode resolve(String did) throws TapAdminException, InterruptedException {
    return answer("/resolve/" + requireDid(did)).json();
  }

  /**
   * Returns Tap's information about a repo.
   *
   * @throws TapAdminException {@link TapAdminException.Reason#NOT_FOUND NOT_FOUND} if Tap does not
   *     follow the repo
   * @throws IllegalArgumentException if it is not a DID
   */
  public RepoInfo info(String did) throws TapAdminException, InterruptedException {
    return new RepoInfo(answer("/info/" + requireDid(did)));
  }

  /** Returns how many repos Tap follows. */
  public long repoCount() throws TapAdminException, InterruptedException {
    return answer("/stats/repo-count").number("repo_count");
  }

  /** Returns how many records the repos that Tap follows have. */
  public long recordCount() throws TapAdminException, InterruptedException {
    return answer("/stats/record-count").number("record_count");
  }

  /**
   * Returns how many events wait for delivery or an ack. An acked event is still counted for up to
   * 10 s.
   */
  public long outboxBuffer() throws TapAdminException, InterruptedException {
    return answer("/stats/outbox-buffer").number("outbox_buffer");
  }

  /** Returns how many live events wait for the resync of their repo. */
  public long resyncBuffer() throws TapAdminException, InterruptedException {
    return answer("/stats/resync-buffer").number("resync_buffer");
  }

  /** Returns the cursors of Tap in what it reads. */
  public TapCursors cursors() throws TapAdminException, InterruptedException {
    return new TapCursors(answer("/stats/cursors"));
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
    // Sends no request for no DIDs, because Tap answers an empty list with a server error.
    for (int from = 0; from < all.size(); from += MAX_DIDS) {
      int to = Math.min(all.size(), from + MAX_DIDS);
      try {
        http.post(path, didsBody(all.subList(from, to)));
      } catch (TapAdminException e) {
        throw all.size() <= MAX_DIDS
            ? e
            : e.adding("The first " + from + " of " + all.size() + " DIDs are done.");
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
          "Cannot use \""
              + LogText.brief(did)
              + "\" as a DID: it has "
              + did.length()
              + " characters, more than the "
              + MAX_DID_LENGTH
              + " of the longest DID. Correct the DID.");
    }
    if (!DID.matcher(did).matches()) {
      throw new IllegalArgumentException(
          "Cannot use \""
              + LogText.brief(did)
              + "\" as a DID: it does not have the form of did:plc:ewvi7nxzyoun6zhxrhs64oiz. Resolve a"
              + " handle to its DID first.");
    }
    return did;
  }

  private AdminAnswer answer(String path) throws TapAdminException, InterruptedException {
    return AdminAnswer.get(http, path);
  }
}
