package dev.perennial.transport.netty.internal.open;

import dev.perennial.transport.netty.internal.address.WebSocketUri;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import java.security.GeneralSecurityException;
import java.util.concurrent.Executor;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManager;
import org.jspecify.annotations.Nullable;

/**
 * Makes the client's end of TLS, which always checks that the certificate is for the host that was
 * asked for.
 */
public final class TlsClient {

  /** How long a peer that does not read may hold up an orderly close. */
  private static final int CLOSE_NOTIFY_MILLIS = 1000;

  private final @Nullable SslContext netty;
  private final @Nullable SSLContext jdk;

  private TlsClient(@Nullable SslContext netty, @Nullable SSLContext jdk) {
    this.netty = netty;
    this.jdk = jdk;
  }

  public static TlsClient of(SslContext context) {
    return new TlsClient(context, null);
  }

  /**
   * Goes to the JDK rather than through Netty's builder, which wraps a plain trust manager in a way
   * that switches off the check of the host name. The JDK adds the check to those that do not make
   * it themselves.
   *
   * @param trustManagers null for the JVM's own
   */
  public static TlsClient of(TrustManager @Nullable [] trustManagers) {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, trustManagers, null);
      return new TlsClient(null, context);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JVM could not set up TLS", e);
    }
  }

  /**
   * @param tasks runs what may take long, such as checking certificates, outside of the event loop
   */
  SslHandler newHandler(ByteBufAllocator allocator, WebSocketUri target, Executor tasks) {
    SslHandler handler;
    if (netty != null) {
      handler = netty.newHandler(allocator, target.host(), target.port(), tasks);
    } else if (jdk != null) {
      SSLEngine engine = jdk.createSSLEngine(target.host(), target.port());
      engine.setUseClientMode(true);
      handler = new SslHandler(engine, tasks);
    } else {
      throw new IllegalStateException("no TLS context");
    }
    SSLParameters parameters = handler.engine().getSSLParameters();
    parameters.setEndpointIdentificationAlgorithm("HTTPS");
    handler.engine().setSSLParameters(parameters);
    // The attempt as a whole has a timeout.
    handler.setHandshakeTimeoutMillis(0);
    handler.setCloseNotifyFlushTimeoutMillis(CLOSE_NOTIFY_MILLIS);
    return handler;
  }
}
