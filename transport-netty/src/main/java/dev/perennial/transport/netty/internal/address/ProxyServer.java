package dev.perennial.transport.netty.internal.address;

/** A proxy between this client and the server. Its {@code toString} leaves out the credentials. */
public sealed interface ProxyServer permits HttpProxy, Socks5Proxy {

  /** Returns the host: a name, or an address without brackets. */
  String host();

  /** Returns the port. */
  int port();

  /** A user and a password, each in UTF-8. */
  record Credentials(String user, String password) {

    @Override
    public String toString() {
      return "Credentials[***]";
    }
  }
}
