package dev.perennial.source.tap;

import dev.perennial.port.Channel;
import dev.perennial.port.Message;
import dev.perennial.port.Transport;
import dev.perennial.port.TransportException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;

/** A transport that returns the channels and errors of a test's script, and records its calls. */
public final class ScriptedTransport implements Transport {

  record Opened(URI uri, Map<String, String> headers, Duration timeout) {}

  final List<Opened> opened = new ArrayList<>();
  private final Queue<Object> script = new ArrayDeque<>();
  boolean closed;

  /** Adds a channel that a later open returns. */
  public ScriptedChannel channel() {
    ScriptedChannel channel = new ScriptedChannel();
    script.add(channel);
    return channel;
  }

  /** Adds an error that a later open throws. */
  public void fails(TransportException failure) {
    script.add(failure);
  }

  @Override
  public Channel open(URI uri, Map<String, String> headers, Duration timeout)
      throws TransportException {
    opened.add(new Opened(uri, headers, timeout));
    Object next = script.remove();
    if (next instanceof TransportException failure) {
      throw failure;
    }
    return (Channel) next;
  }

  @Override
  public void close() {
    closed = true;
  }

  /** A channel that delivers the messages and the error of its script, then nothing. */
  public static final class ScriptedChannel implements Channel {

    private final Queue<Object> script = new ArrayDeque<>();
    public final List<String> sent = new ArrayList<>();
    public final List<Duration> receives = new ArrayList<>();
    public int unsent;
    public long confirmed;

    /** Whether messages are accepted and not written. */
    public boolean stalled;

    public int wakeUps;
    public Duration closedWith;

    /** Runs while a receive waits. */
    public Runnable whileReceiving = () -> {};

    /** Runs when {@link #unsent()} is called. */
    public Runnable whileAsked = () -> {};

    public ScriptedChannel text(String text) {
      return message(new Message.Text(text.getBytes(StandardCharsets.UTF_8)));
    }

    public ScriptedChannel message(Message message) {
      script.add(message);
      return this;
    }

    public ScriptedChannel lost(int code) {
      script.add(new TransportException.Lost(code, "", null));
      return this;
    }

    @Override
    public Message receive(Duration timeout) throws TransportException {
      receives.add(timeout);
      whileReceiving.run();
      Object next = script.poll();
      if (next instanceof TransportException failure) {
        throw failure;
      }
      return (Message) next;
    }

    @Override
    public void wakeUp() {
      wakeUps++;
    }

    @Override
    public void send(byte[] utf8Text) {
      if (closedWith != null || stalled) {
        unsent++;
      } else {
        sent.add(new String(utf8Text, StandardCharsets.UTF_8));
      }
    }

    @Override
    public int unsent() {
      whileAsked.run();
      return unsent;
    }

    @Override
    public long confirmed() {
      return confirmed;
    }

    @Override
    public void close(Duration flush) {
      closedWith = flush;
    }
  }
}
