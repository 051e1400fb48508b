package dev.perennial.benchmarks.tap;

import dev.perennial.benchmarks.measure.Client;
import dev.perennial.benchmarks.measure.Contender;
import java.net.URI;

/** The clients of a Tap that are compared. */
public enum TapContender implements Contender {
  NEXT("**Perennial** `next()`", Role.OURS, server -> new StreamClient(server, StreamClient::next)),
  POLL(
      "**Perennial** `poll(500)`",
      Role.OURS,
      server -> new StreamClient(server, StreamClient::poll)),
  CONSUME(
      "**Perennial** `consume`",
      Role.OURS,
      server -> new StreamClient(server, StreamClient::consume)),
  KEYED(
      "**Perennial** `consume`, in order per repo, 16 handlers",
      Role.OURS,
      server -> new StreamClient(server, StreamClient::consumePerRepo)),
  HAND_TUNED(
      "frames, Jackson streaming and acks by hand in Netty's event loop",
      Role.PEER,
      server -> new NettyClient(server, HandTunedHandler::new)),
  NETTY(
      "Netty's WebSocket handler, databind, a flush per ack",
      Role.PEER,
      server -> new NettyClient(server, NettyWebSocketHandler::new)),
  JAVA_WEBSOCKET(
      "Java-WebSocket, databind, without Nagle",
      Role.PEER,
      server -> new JavaWebSocketClient(uri(server))),
  JDK("JDK `WebSocket`, databind", Role.PEER, server -> new JdkClient(uri(server))),
  RECEIVE_ONLY(
      "receive only: frames counted, one ack at the end",
      Role.BOUND,
      server -> new NettyClient(server, ReceiveOnlyHandler::new));

  /** Creates a contender's clients. */
  private interface Opener {
    Client open(String server) throws Exception;
  }

  private final String title;
  private final Role role;

  @SuppressWarnings("ImmutableEnumChecker") // A function without a state.
  private final Opener opener;

  TapContender(String title, Role role, Opener opener) {
    this.title = title;
    this.role = role;
    this.opener = opener;
  }

  private static URI uri(String server) {
    return URI.create("ws://" + server + "/channel");
  }

  @Override
  public String title() {
    return title;
  }

  @Override
  public Role role() {
    return role;
  }

  @Override
  public Client open(String server) throws Exception {
    return opener.open(server);
  }
}
