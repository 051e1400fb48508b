package dev.perennial.source.mongo;

import com.mongodb.MongoException;
import dev.perennial.port.Connection;
import java.time.Duration;

/** Makes connections. Used by one thread at a time. */
final class Connector {

  private final ClientHandle client;
  private final Options options;
  private final CursorOpener opener;
  private final DeploymentCheck deployment;
  private final StartProbe probe;
  private final MongoErrors errors;
  private final Telling telling;
  private final OneByOneMode oneByOne;

  Connector(
      ClientHandle client,
      Options options,
      CursorOpener opener,
      DeploymentCheck deployment,
      StartProbe probe,
      MongoErrors errors,
      Telling telling) {
    this.client = client;
    this.options = options;
    this.opener = opener;
    this.deployment = deployment;
    this.probe = probe;
    this.errors = errors;
    this.telling = telling;
    this.oneByOne = new OneByOneMode(opener::isSharded, telling);
  }

  /** The stream begins somewhere else: what was in its way there does not matter. */
  void restarted() {
    oneByOne.passed("the stream begins somewhere else");
  }

  Connection<ChangeEvent, MongoPosition> connect(MongoPosition after)
      throws MongoSourceException, InterruptedException {
    MongoPosition from = deployment.check(after);
    OpenCursor cursor;
    try {
      cursor = open(from);
    } catch (MongoException e) {
      if (!ErrorKind.UNRETURNABLE.is(e)) {
        throw e;
      }
      return new MalformedConnection(oneByOne.stepOver(e, from), from);
    }
    EventReader reader = new EventReader(client.codecs());
    return new MongoConnection(
        cursor,
        begin(from, cursor),
        reader,
        options.splitLargeEvents() ? new SplitEvents(reader, SplitEvents.DEFAULT_LIMIT) : null,
        new Invalidation(options.onInvalidate(), telling, opener, reader),
        oneByOne,
        deployment,
        probe,
        errors);
  }

  private ResumePoint begin(MongoPosition from, OpenCursor cursor) throws InterruptedException {
    try {
      boolean scanChecksStart = opener.scanChecksStart();
      // A time and a high-water token are checked at once, an event's token is not.
      boolean proved = !from.isEvent() || (!scanChecksStart && probe.confirms(from, cursor));
      return new ResumePoint(from, proved, scanChecksStart);
    } catch (MongoException | InterruptedException e) {
      cursor.close(Duration.ZERO);
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
      if (ErrorKind.UNKNOWN.is(e)) {
        return openWithUnknown(from, e);
      }
      if (!ErrorKind.UNRETURNABLE.is(e) || !oneByOne.met(e)) {
        throw e;
      }
      return errors.explained(() -> opener.open(from, true));
    }
  }

  /**
   * An error that no list has may be about the token, or about the pipeline and the options. That
   * is so if the server refuses the whole twice with the same code, and takes it without that part
   * in between; otherwise it may pass.
   */
  private OpenCursor openWithUnknown(MongoPosition from, MongoException unknown)
      throws MongoSourceException, InterruptedException {
    boolean tokenAtFault = from.token().isPresent() && opener.opensFromNow();
    if (!tokenAtFault && !opener.opensPlain(from)) {
      throw unknown;
    }
    try {
      return errors.explained(() -> opener.open(from, oneByOne.isOn()));
    } catch (MongoException e) {
      if (!ErrorKind.UNKNOWN.is(e) || e.getCode() != unknown.getCode()) {
        throw e;
      }
      throw tokenAtFault ? new MongoSourceException.TokenRefused(e) : errors.refusedPipeline(e);
    }
  }
}
