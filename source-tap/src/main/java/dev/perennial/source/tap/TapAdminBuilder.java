package dev.perennial.source.tap;

import dev.perennial.source.tap.internal.http.BasicAuth;
import dev.perennial.source.tap.internal.http.RequestHeaders;
import dev.perennial.source.tap.internal.http.TapUri;
import java.net.http.HttpClient;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Describes clients. Every setting has a default. Not safe for use from several threads. */
public final class TapAdminBuilder {

  private final RequestHeaders headers = new RequestHeaders();
  private TapUri uri = TapUri.DEFAULT;
  private @Nullable BasicAuth auth;
  private Duration connectTimeout = TapAdmin.DEFAULT_CONNECT_TIMEOUT;
  private Duration requestTimeout = TapAdmin.DEFAULT_REQUEST_TIMEOUT;
  private @Nullable HttpClient client;

  TapAdminBuilder() {}

  /**
   * Where the Tap is: {@code localhost:2480} unless set.
   *
   * @param uri as {@link TapSourceBuilder#uri(String)} takes it; {@code ws} is taken for {@code
   *     http}, and {@code wss} for {@code https}. The JDK's HTTP client sends the zone of a
   *     link-local IPv6 address in the {@code Host} header
   * @throws IllegalArgumentException if it is anything else, or has a password in it
   */
  public TapAdminBuilder uri(String uri) {
    this.uri = TapUri.parse(uri);
    return this;
  }

  /** Tap's admin password ({@code TAP_ADMIN_PASSWORD}): none unless set. */
  public TapAdminBuilder password(String password) {
    this.auth = new BasicAuth(password);
    return this;
  }

  /**
   * A header to be sent with each request, for example for a proxy. The last of a name counts.
   *
   * @throws IllegalArgumentException if it is no header
   */
  public TapAdminBuilder header(String name, String value) {
    headers.put(name, value);
    return this;
  }

  /** What to call ourselves: {@code perennial/} and the version unless set. */
  public TapAdminBuilder userAgent(String userAgent) {
    return header(RequestHeaders.USER_AGENT, userAgent);
  }

  /** How long connecting may take: 10 s unless set. */
  public TapAdminBuilder connectTimeout(Duration timeout) {
    this.connectTimeout = Durations.positive("connectTimeout", timeout);
    return this;
  }

  /** How long a request may take, connecting included: 30 s unless set. */
  public TapAdminBuilder requestTimeout(Duration timeout) {
    this.requestTimeout = Durations.positive("requestTimeout", timeout);
    return this;
  }

  /**
   * What to send requests with, for example to trust a certificate of one's own or to go through a
   * proxy that wants a password. Its own timeout for connecting is then the one that counts.
   *
   * <p>Default: a client that obeys the JVM's settings for HTTP proxies ({@code http.proxyHost},
   * {@code https.proxyHost}, {@code http.nonProxyHosts}) as the event stream over the Netty
   * transport does. The JDK's client knows no SOCKS proxy, and connects directly where the settings
   * name one.
   */
  public TapAdminBuilder httpClient(HttpClient client) {
    this.client = client;
    return this;
  }

  /**
   * Makes a client.
   *
   * @throws IllegalArgumentException if there is both a password and a header {@code
   *     Authorization}, or the JDK's HTTP client does not take the address, which may be because
   *     its host name has an underscore, or a header
   */
  public TapAdmin build() {
    HttpClient sending = client == null ? newClient(connectTimeout) : client;
    return new TapAdmin(new AdminHttp(sending, uri, headers.with(auth), auth, requestTimeout), uri);
  }

  private static HttpClient newClient(Duration connectTimeout) {
    return HttpClient.newBuilder()
        // Tap speaks nothing newer, and an attempt to upgrade would be one more thing for a proxy
        // to get wrong.
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
