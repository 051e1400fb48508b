package dev.perennial.testkit.engine;

import dev.perennial.AckMode;
import dev.perennial.Checkpoints;
import dev.perennial.Delivery;
import dev.perennial.EventStream;
import dev.perennial.StreamFailedException;
import dev.perennial.port.Checkpoint;
import dev.perennial.port.ClientTrackedSource;
import dev.perennial.port.Connection;
import dev.perennial.port.ErrorClassifier;
import dev.perennial.port.Received;
import dev.perennial.port.Recovery;
import dev.perennial.port.SourceBinding;
import dev.perennial.port.Verdict;
import dev.perennial.testkit.ScriptedPosition;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Flow;
import org.reactivestreams.tck.TestEnvironment;
import org.reactivestreams.tck.flow.FlowPublisherVerification;
import org.testng.annotations.AfterMethod;
import org.testng.annotations.Test;

/**
 * The suite of Reactive Streams for publishers, with real threads. It skips what it cannot test and
 * the optional rules for publishers with several subscribers.
 */
@Test
public class PublisherTckTest extends FlowPublisherVerification<Delivery<Long>> {

  /** How long a signal may take, on a busy machine. */
  private static final long TIMEOUT_MILLIS = 2_000;

  /** How long the suite waits for a signal that must not come. */
  private static final long SILENCE_MILLIS = 100;

  /** How often the suite looks for an error while it waits. */
  private static final long POLL_MILLIS = 10;

  /** How long the suite waits for the garbage collector to find a subscriber. */
  private static final long COLLECTION_MILLIS = 1_000;

  private final List<EventStream<Long>> opened = new CopyOnWriteArrayList<>();

  public PublisherTckTest() {
    super(new TestEnvironment(TIMEOUT_MILLIS, SILENCE_MILLIS, POLL_MILLIS), COLLECTION_MILLIS);
  }

  @Override
  public Flow.Publisher<Delivery<Long>> createFlowPublisher(long elements) {
    return open(new Counting(elements)).publisher();
  }

  @Override
  public Flow.Publisher<Delivery<Long>> createFailedFlowPublisher() {
    EventStream<Long> failed = open(new Counting(-1));
    try {
      failed.next();
      throw new AssertionError("the stream has not failed");
    } catch (StreamFailedException e) {
      return failed.publisher();
    } catch (InterruptedException e) {
      throw new AssertionError("the suite was interrupted", e);
    }
  }

  private EventStream<Long> open(Counting source) {
    // The suite does not ack.
    EventStream<Long> stream =
        EventStream.from(source, Checkpoints.none()).acks(AckMode.ON_RECEIPT).open();
    opened.add(stream);
    return stream;
  }

  @AfterMethod
  public void closeStreams() {
    opened.forEach(EventStream::close);
    opened.clear();
  }

  /**
   * A source of the numbers from 1 to a last one.
   *
   * @param last negative for a source that cannot be connected to
   */
  private record Counting(long last, SourceBinding binding)
      implements ClientTrackedSource<Long, ScriptedPosition> {

    Counting(long last) {
      this(last, new SourceBinding());
    }

    @Override
    public Optional<ScriptedPosition> start() {
      return Optional.of(new ScriptedPosition(0));
    }

    @Override
    public Connection<Long, ScriptedPosition> connect(Optional<ScriptedPosition> after)
        throws IOException {
      if (last < 0) {
        throw new IOException("refused");
      }
      return new Connection<>() {
        private long next = 1;

        @Override
        public Received<Long, ScriptedPosition> receive(Duration timeout) {
          if (next > last) {
            return Received.end();
          }
          long number = next++;
          return Received.event(number, new ScriptedPosition(number));
        }

        @Override
        public void close(Duration flush) {}
      };
    }

    @Override
    public Recovery<Long, ScriptedPosition> recover(ScriptedPosition lost, Throwable cause) {
      return Recovery.stop();
    }

    @Override
    public Checkpoint encode(ScriptedPosition position) {
      return new Checkpoint(name(), "", position.toString());
    }

    @Override
    public ScriptedPosition decode(Checkpoint checkpoint) {
      throw new AssertionError("the stream keeps no checkpoint");
    }

    @Override
    public String name() {
      return "counting";
    }

    @Override
    public ErrorClassifier errors() {
      return error -> Optional.of(Verdict.fatal());
    }

    @Override
    public void close() {}
  }
}
