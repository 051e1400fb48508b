package dev.perennial.simulators.tap;

import java.util.ArrayDeque;
import java.util.List;

/** What clients did, as far as tests ask for it. Used on the simulator's thread only. */
final class Observations {

  /** How many of the latest of each kind are kept. */
  static final int KEPT = 4_096;

  private final ArrayDeque<Handshake> handshakes = new ArrayDeque<>();
  private final ArrayDeque<ClientMessage> messages = new ArrayDeque<>();
  private final ArrayDeque<Integer> closeCodes = new ArrayDeque<>();
  private long connections;
  private long pings;
  private long pongs;

  void handshake(Handshake handshake) {
    keep(handshakes, handshake);
  }

  void message(ClientMessage message) {
    keep(messages, message);
  }

  void closeCode(int code) {
    keep(closeCodes, code);
  }

  void connected() {
    connections++;
  }

  void ping() {
    pings++;
  }

  void pong() {
    pongs++;
  }

  List<Handshake> handshakes() {
    return List.copyOf(handshakes);
  }

  List<ClientMessage> messages() {
    return List.copyOf(messages);
  }

  List<Integer> closeCodes() {
    return List.copyOf(closeCodes);
  }

  long connections() {
    return connections;
  }

  long pings() {
    return pings;
  }

  long pongs() {
    return pongs;
  }

  private static <T> void keep(ArrayDeque<T> latest, T next) {
    if (latest.size() == KEPT) {
      latest.remove();
    }
    latest.add(next);
  }
}
