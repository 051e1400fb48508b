package dev.perennial.source.mongo;

import com.mongodb.MongoException;
import dev.perennial.port.Connection;
import dev.perennial.port.StreamRuntime;
import java.time.Duration;

/** Makes connections. Used by one thread at a time. */
final class Connector {

  private final ClientHandle client;
  private final Options options;
  private final CursorOpener opener;
  private final MongoErrors errors;
  private final Telling telling;
  private final ResumeWatch watch;
  private final StartProbe probe;
  private final StreamRuntime runtime;
  private final OneByOneMode oneByOne;

  Connector(
      ClientHandle client,
      Options options,
      CursorOpener opener,
      MongoErrors errors,
      Telling telling,
      ResumeWatch watch,
      StartProbe probe,
      StreamRuntime runtime) {
    this.client = client;
    this.options = options;
    this.opener = opener;
    this.errors = errors;
    this.telling = telling;
    this.watch = watch;
    this.probe = probe;
    this.runtime = runtime;
    this.oneByOne = new OneByOneMode(opener::isSharded, telling);
  }

  /** The stream begins somewhere else: what was in its way there does not matter. */
  void restarted() {
    oneByOne.passed("the stream begins somewhere else");
  }

  Connection<ChangeEvent, MongoPosition> connect(MongoPosition from) throws Exception {
    OpenCursor open;
    try {
      open = open(from);
    } catch (MongoException e) {
      if (!ErrorKind.UNRETURNABLE.is(e)) {
        throw e;
      }
      return new MalformedConnection(oneByOne.stepOver(e, from), from);
    }
    watch.opened(open);
    boolean proved = isProved(open);
    EventReader reader = new EventReader(client.codecs());
    return new MongoConnection(
        open,
        proved,
        reader,
        options.splitLargeEvents() ? new SplitEvents(reader, SplitEvents.DEFAULT_LIMIT) : null,
        new Invalidation(options.onInvalidate(), telling, opener, watch, reader),
        oneByOne,
        errors,
        watch,
        probe,
        runtime);
  }

  /** A time and a high-water token are checked as the cursor is opened, an event's token is not. */
  private boolean isProved(OpenCursor open) throws InterruptedException {
    if (open.scanChecksStart() || !open.from().isEvent()) {
      return !open.from().isEvent();
    }
    try {
      return probe.confirms(open.from(), open.cursor());
    } catch (MongoException | InterruptedException e) {
      open.close(Duration.ZERO, runtime);
      throw e;
    }
  }

  /**
   * Opens a cursor; one by one if the first batch has an event that cannot be returned, whether it
   * is the first or not.
   */
  private OpenCursor open(MongoPosition from) throws MongoSourceException, InterruptedException {
    try {
      return errors.explained(() -> opener.open(from, oneByOne.isOn()));
    } catch (MongoException e) {
      if (!ErrorKind.UNRETURNABLE.is(e) || !oneByOne.met(e)) {
        throw e;
      }
      return errors.explained(() -> opener.open(from, true));
    }
  }
}
