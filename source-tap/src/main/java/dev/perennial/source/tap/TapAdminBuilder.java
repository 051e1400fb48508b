package dev.perennial.source.tap;

import dev.perennial.source.tap.internal.http.BasicAuth;
import dev.perennial.source.tap.internal.http.RequestHeaders;
import dev.perennial.source.tap.internal.http.TapUri;
import java.net.http.HttpClient;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The builder of a {@link TapAdmin}. Every setting has a default. Not safe for use from several
 * threads.
 */
public final class TapAdminBuilder {

  private final RequestHeaders headers = new RequestHeaders();
  private TapUri uri = TapUri.DEFAULT;
  private @Nullable BasicAuth auth;
  private Duration connectTimeout = TapAdmin.DEFAULT_CONNECT_TIMEOUT;
  private Duration requestTimeout = TapAdmin.DEFAULT_REQUEST_TIMEOUT;
  private @Nullable HttpClient client;

  TapAdminBuilder() {}

  /**
   * Sets the address of the Tap. Default: {@code localhost:2480}.
   *
   * @param uri as for {@link TapSourceBuilder#uri(String)}; {@code ws} means {@code http}, and
   *     {@code wss} means {@code https}. The JDK's HTTP client sends the zone of a link-local IPv6
   *     address in the {@code Host} header
   * @throws IllegalArgumentException if it is anything else, or contains a password
   */
  public TapAdminBuilder uri(String uri) {
    this.uri = TapUri.parse(uri);
    return this;
  }

  /** Sets Tap's admin password ({@code TAP_ADMIN_PASSWORD}). Default: none. */
  public TapAdminBuilder password(String password) {
    this.auth = new BasicAuth(password);
    return this;
  }

  /**
   * Adds a header to each request, for example for a proxy. The last one of a name counts.
   *
   * @throws IllegalArgumentException if HTTP does not allow it, or the client sets it itself
   */
  public TapAdminBuilder header(String name, String value) {
    headers.put(name, value);
    return this;
  }

  /** Sets the header {@code User-Agent}. Default: {@code perennial/} and the version. */
  public TapAdminBuilder userAgent(String userAgent) {
    return header(RequestHeaders.USER_AGENT, userAgent);
  }

  /** Sets the timeout of connecting. Default: 10 s. */
  public TapAdminBuilder connectTimeout(Duration timeout) {
    this.connectTimeout = Durations.positive("connectTimeout", timeout);
    return this;
  }

  /** Sets the timeout of a request, connecting included. Default: 30 s. */
  public TapAdminBuilder requestTimeout(Duration timeout) {
    this.requestTimeout = Durations.positive("requestTimeout", timeout);
    return this;
  }

  /**
   * Sets the HTTP client, for example one that trusts a private certificate or uses a proxy with a
   * password. Its own connect timeout then replaces {@link #connectTimeout}.
   *
   * <p>Default: a client that follows the JVM's settings for HTTP proxies ({@code http.proxyHost},
   * {@code https.proxyHost}, {@code http.nonProxyHosts}), as the Netty transport does. The JDK's
   * client does not support SOCKS proxies, and connects directly if the settings name one.
   */
  public TapAdminBuilder httpClient(HttpClient client) {
    this.client = client;
    return this;
  }

  /**
   * Makes a client.
   *
   * @throws IllegalArgumentException if there is both a password and a header {@code
   *     Authorization}, or the JDK's HTTP client does not accept a header or the address, for
   *     example because the host name has an underscore
   */
  public TapAdmin build() {
    HttpClient sending = client == null ? newClient(connectTimeout) : client;
    return new TapAdmin(new AdminHttp(sending, uri, headers.with(auth), auth, requestTimeout), uri);
  }

  private static HttpClient newClient(Duration connectTimeout) {
    return HttpClient.newBuilder()
        // Tap speaks nothing newer, and proxies may mishandle an attempt to upgrade.
        .version(HttpClient.Version.HTTP_1_1)
        .followRedirects(HttpClient.Redirect.NEVER)
        .connectTimeout(connectTimeout)
        .build();
  }

  @Override
  public String toString() {
    return "TapAdminBuilder[" + uri + ']';
  }
}
