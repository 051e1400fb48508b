package dev.perennial.transport.netty.internal.open;

import dev.perennial.port.support.LogText;
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

/** A factory of TLS handlers, which always check that the certificate is for the host. */
public final class TlsClient {

  /** The longest delay of an orderly close by a peer that does not read, in milliseconds. */
  private static final int CLOSE_NOTIFY_MILLIS = 1000;

  private final @Nullable SslContext netty;
  private final @Nullable SSLContext jdk;

  private TlsClient(@Nullable SslContext netty, @Nullable SSLContext jdk) {
    this.netty = netty;
    this.jdk = jdk;
  }

  /** Makes a factory with Netty's own context. */
  public static TlsClient of(SslContext context) {
    return new TlsClient(context, null);
  }

  /**
   * Makes a factory with the JDK's TLS. Netty's builder would wrap a plain trust manager in a way
   * that disables the check of the host name; the JDK adds the check to a plain one.
   *
   * @param trustManagers null for the JVM's own
   */
  public static TlsClient of(TrustManager @Nullable [] trustManagers) {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, trustManagers, null);
      return new TlsClient(null, context);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(
          "Cannot set up TLS: "
              + LogText.reason(e)
              + ". Check the security providers and the trust store of the JVM.",
          e);
    }
  }

  /**
   * Makes the handler of a connection.
   *
   * @param tasks runs slow tasks, such as the check of certificates, outside the event loop
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
    // None here, because the whole attempt has a timeout.
    handler.setHandshakeTimeoutMillis(0);
    handler.setCloseNotifyFlushTimeoutMillis(CLOSE_NOTIFY_MILLIS);
    return handler;
  }
}
