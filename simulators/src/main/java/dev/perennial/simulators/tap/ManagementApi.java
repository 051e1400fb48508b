package dev.perennial.simulators.tap;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The server's endpoints besides {@code /channel}, behind the password. */
final class ManagementApi {

  /**
   * SQLite's limit of variables, over the nine that each row takes: more DIDs in one request do not
   * fit a statement.
   */
  private static final int MAX_ADDED = 32_766 / 9;

  private static final Pattern DID = Pattern.compile("did:[a-z]+:[a-zA-Z0-9._:%-]*[a-zA-Z0-9._-]");
  private static final int MAX_DID_LENGTH = 2_048;

  private static final JsonMapper MAPPER = JsonMapper.shared();

  private final Repositories repositories;
  private final OutboxTable outbox;

  ManagementApi(Repositories repositories, OutboxTable outbox) {
    this.repositories = repositories;
    this.outbox = outbox;
  }

  /**
   * Answers a request.
   *
   * @param path as it came, without the query: the server does not decode what is percent-encoded
   *     in a DID
   */
  HttpReply answer(String method, String path, @Nullable String contentType, String body) {
    return switch (path) {
      case "/health" -> get(method, "{\"status\":\"ok\"}");
      case "/repos/add" -> post(method, () -> add(contentType, body));
      case "/repos/remove" -> post(method, () -> remove(contentType, body));
      case "/stats/repo-count" -> get(method, count("repo_count", repositories.count()));
      case "/stats/record-count" -> get(method, count("record_count", repositories.recordCount()));
      case "/stats/outbox-buffer" -> get(method, count("outbox_buffer", outbox.size()));
      case "/stats/resync-buffer" ->
          get(method, count("resync_buffer", repositories.resyncBuffer()));
      case "/stats/cursors" -> get(method, cursors());
      default -> {
        String did = parameter(path, "/resolve/");
        if (did != null) {
          yield method.equals("GET") ? resolve(did) : wrongMethod("GET");
        }
        did = parameter(path, "/info/");
        if (did != null) {
          yield method.equals("GET") ? info(did) : wrongMethod("GET");
        }
        yield HttpReply.error(404, "Not Found");
      }
    };
  }

  private static HttpReply get(String method, String json) {
    return method.equals("GET") ? HttpReply.ok(json) : wrongMethod("GET");
  }

  private static HttpReply post(String method, Handler handler) {
    if (!method.equals("POST")) {
      return wrongMethod("POST");
    }
    try {
      return handler.handle();
    } catch (Refused e) {
      return e.answer;
    }
  }

  private static HttpReply wrongMethod(String allowed) {
    return HttpReply.error(405, "Method Not Allowed").with("Allow", "OPTIONS, " + allowed);
  }

  private static @Nullable String parameter(String path, String prefix) {
    boolean matches = path.startsWith(prefix) && path.indexOf('/', prefix.length()) < 0;
    return matches ? path.substring(prefix.length()) : null;
  }

  private HttpReply add(@Nullable String contentType, String body) throws Refused {
    List<String> dids = dids(contentType, body);
    if (dids.isEmpty() || dids.size() > MAX_ADDED) {
      return HttpReply.error(500, "Internal Server Error");
    }
    dids.forEach(repositories::add);
    return HttpReply.empty();
  }

  private HttpReply remove(@Nullable String contentType, String body) throws Refused {
    dids(contentType, body).forEach(repositories::remove);
    return HttpReply.empty();
  }

  private HttpReply resolve(String did) {
    if (did.length() > MAX_DID_LENGTH || !DID.matcher(did).matches()) {
      return HttpReply.error(400, "improperly formatted DID");
    }
    String document = repositories.didDocument(did);
    return document == null ? HttpReply.error(404, "DID not found") : HttpReply.ok(document);
  }

  private HttpReply info(String did) {
    RepoInfo repository = repositories.get(did);
    if (repository == null) {
      return HttpReply.error(404, "repo not found");
    }
    return HttpReply.ok(
        "{\"did\":%s,\"error\":%s,\"handle\":%s,\"records\":%d,\"retries\":%d,\"rev\":%s,\"state\":%s}"
            .formatted(
                Json.quote(repository.did()),
                Json.quote(repository.error()),
                Json.quote(repository.handle()),
                repository.records(),
                repository.retries(),
                Json.quote(repository.rev()),
                Json.quote(repository.state())));
  }

  private static String count(String name, long count) {
    return "{\"" + name + "\":" + count + "}";
  }

  private String cursors() {
    List<String> fields = new ArrayList<>();
    Long firehose = repositories.firehoseCursor();
    if (firehose != null) {
      fields.add("\"firehose\":" + firehose);
    }
    String listRepos = repositories.listReposCursor();
    if (listRepos != null) {
      fields.add("\"list_repos\":" + Json.quote(listRepos));
    }
    return "{" + String.join(",", fields) + "}";
  }

  private static List<String> dids(@Nullable String contentType, String body) throws Refused {
    if (body.isEmpty()) {
      return List.of();
    }
    String mediaType = contentType == null ? "" : contentType.split(";", 2)[0].strip();
    if (!mediaType.toLowerCase(Locale.ROOT).equals("application/json")) {
      throw new Refused(HttpReply.error(415, "Unsupported Media Type"));
    }
    try {
      JsonNode json = MAPPER.readTree(body);
      if (!json.isObject() && !json.isNull()) {
        throw new Refused(HttpReply.error(400, "Unmarshal type error: expected=main.DidPayload"));
      }
      List<String> dids = new ArrayList<>();
      JsonNode list = json.path("dids");
      if (!list.isArray() && !list.isNull() && !list.isMissingNode()) {
        throw new Refused(
            HttpReply.error(400, "Unmarshal type error: expected=[]string, field=dids"));
      }
      for (JsonNode did : list) {
        if (!did.isString()) {
          throw new Refused(
              HttpReply.error(400, "Unmarshal type error: expected=string, field=dids"));
        }
        dids.add(did.stringValue());
      }
      return dids;
    } catch (JacksonException e) {
      throw new Refused(HttpReply.error(400, "Syntax error: " + e.getOriginalMessage()));
    }
  }

  private interface Handler {
    HttpReply handle() throws Refused;
  }

  /** A request that is not let through to its handler. */
  private static final class Refused extends Exception {

    private static final long serialVersionUID = 1;

    private final transient HttpReply answer;

    Refused(HttpReply answer) {
      super(answer.body(), null, false, false);
      this.answer = answer;
    }
  }
}
