package dev.perennial.benchmarks;

import dev.perennial.port.Checkpoint;
import dev.perennial.port.ClientTrackedSource;
import dev.perennial.port.Connection;
import dev.perennial.port.ErrorClassifier;
import dev.perennial.port.Received;
import dev.perennial.port.Recovery;
import dev.perennial.port.SourceBinding;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A client-tracked source that costs nothing: an event is always there, made beforehand and given
 * round and round.
 */
public final class FreeClientSource implements ClientTrackedSource<Object, Place> {
  private final SourceBinding binding = new SourceBinding();

  private static final int EVENTS = 1_024;

  private final List<Received<Object, Place>> events = new ArrayList<>(EVENTS);
  private final long limit;
  private long next;

  /** Makes a source without end. */
  public FreeClientSource() {
    this(Long.MAX_VALUE);
  }

  /** Makes a source that ends after a number of events. */
  public FreeClientSource(long limit) {
    this.limit = limit;
    Object payload = new Object();
    for (int i = 0; i < EVENTS; i++) {
      events.add(Received.event(payload, new Place(i)));
    }
  }

  @Override
  public Connection<Object, Place> connect(Optional<Place> after) {
    return new Connection<>() {
      @Override
      public Received<Object, Place> receive(Duration timeout) {
        return next == limit ? Received.end() : events.get((int) next++ & (EVENTS - 1));
      }

      @Override
      public void close(Duration flush) {}
    };
  }

  @Override
  public Optional<Place> start() {
    return Optional.of(new Place(-1));
  }

  @Override
  public Recovery<Object, Place> recover(Place lost, Throwable cause) {
    return Recovery.stop();
  }

  @Override
  public Checkpoint encode(Place position) {
    return new Checkpoint(name(), "", Long.toString(position.number()));
  }

  @Override
  public Place decode(Checkpoint saved) {
    return new Place(Long.parseLong(saved.position()));
  }

  @Override
  public SourceBinding binding() {
    return binding;
  }

  @Override
  public String name() {
    return "free";
  }

  @Override
  public ErrorClassifier errors() {
    return ErrorClassifier.none();
  }
}
