package dev.perennial.source.mongo.internal.cursor;

import com.mongodb.MongoException;
import dev.perennial.port.Connection;
import dev.perennial.source.mongo.ChangeEvent;
import dev.perennial.source.mongo.MongoPosition;
import dev.perennial.source.mongo.MongoSourceException;
import dev.perennial.source.mongo.MongoSourceException.Reason;
import dev.perennial.source.mongo.internal.client.ClientHandle;
import dev.perennial.source.mongo.internal.error.ErrorKind;
import dev.perennial.source.mongo.internal.error.MongoErrors;
import dev.perennial.source.mongo.internal.event.EventReader;
import dev.perennial.source.mongo.internal.event.SplitEvents;
import dev.perennial.source.mongo.internal.position.CursorProgress;
import dev.perennial.source.mongo.internal.position.ResumePosition;
import dev.perennial.source.mongo.internal.watch.SourceOptions;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Opens the source's connections. Used by one thread at a time. */
public final class Connector {

  private final ClientHandle client;
  private final SourceOptions options;
  private final CursorOpener opener;
  private final ConnectionContext context;
  private final ErrorExplainer errors;
  private final MongoNotifier notifier;
  private final OneByOneMode oneByOne;

  /** An error that is about neither the token nor the pipeline, as the server has shown. */
  private record Unexplained(int code, ResumePosition from) {}

  /** The last one; while it persists, nothing more is asked about it. */
  private @Nullable Unexplained unexplained;

  public Connector(
      ClientHandle client,
      SourceOptions options,
      CursorOpener opener,
      ConnectionContext context,
      MongoNotifier notifier) {
    this.client = client;
    this.options = options;
    this.opener = opener;
    this.context = context;
    this.notifier = notifier;
    this.oneByOne = context.oneByOne();
    this.errors = context.errors();
  }

  /** The stream begins somewhere else: what was in its way there does not matter. */
  public void restarted() {
    oneByOne.passed("the stream begins elsewhere");
  }

  public Connection<ChangeEvent, MongoPosition> connect(ResumePosition after)
      throws MongoSourceException, InterruptedException {
    ResumePosition from = context.deployment().check(after);
    OpenCursor cursor;
    try {
      cursor = open(from);
    } catch (MongoException e) {
      if (!ErrorKind.UNRETURNABLE.is(e)) {
        throw e;
      }
      return new SingleEventConnection(oneByOne.stepOver(e, from), from);
    }
    EventReader reader = new EventReader(client.codecs());
    return new MongoConnection(
        cursor,
        begin(from, cursor),
        reader,
        options.splitLargeEvents() ? new SplitEvents(reader, SplitEvents.DEFAULT_LIMIT) : null,
        new Invalidation(options.onInvalidate(), notifier, opener, reader),
        context);
  }

  private CursorProgress begin(ResumePosition from, OpenCursor cursor) throws InterruptedException {
    try {
      boolean scanChecksStart = opener.scanChecksStart();
      // A time and a high-water token are checked at once, an event's token is not.
      boolean proved =
          !from.isEvent() || (!scanChecksStart && context.oplogCheck().confirms(from, cursor));
      return new CursorProgress(from, proved, scanChecksStart);
    } catch (MongoException | InterruptedException e) {
      cursor.close(Duration.ZERO);
      throw e;
    }
  }

  /**
   * Opens a cursor; one by one if the first batch has an event that cannot be returned, whether it
   * is the first or not.
   */
  private OpenCursor open(ResumePosition from) throws MongoSourceException, InterruptedException {
    try {
      return openOrExplain(from);
    } catch (MongoException e) {
      if (!ErrorKind.UNRETURNABLE.is(e) || !oneByOne.met(e)) {
        throw e;
      }
      return openOrExplain(from);
    }
  }

  private OpenCursor openOrExplain(ResumePosition from)
      throws MongoSourceException, InterruptedException {
    try {
      return openOnce(from);
    } catch (MongoException e) {
      if (!ErrorKind.UNKNOWN.is(e) || new Unexplained(e.getCode(), from).equals(unexplained)) {
        throw e;
      }
      return openWithUnknown(from, e);
    }
  }

  private OpenCursor openOnce(ResumePosition from)
      throws MongoSourceException, InterruptedException {
    return errors.explained(() -> opener.open(from, oneByOne.isOn()));
  }

  /**
   * An error that no list has may be about the token, or about the pipeline and the options. That
   * is so if the server refuses the whole twice with the same code, and takes it without that part
   * in between; otherwise it may pass. The pipeline is looked at first, because it may fail on an
   * event that a stream without the token does not come to.
   */
  private OpenCursor openWithUnknown(ResumePosition from, MongoException unknown)
      throws MongoSourceException, InterruptedException {
    boolean pipelineAtFault = opener.opensPlain(from);
    if (!pipelineAtFault && (from.token().isEmpty() || !opener.opensFromNow())) {
      unexplained = new Unexplained(unknown.getCode(), from);
      throw unknown;
    }
    try {
      return openOnce(from);
    } catch (MongoException e) {
      if (!ErrorKind.UNKNOWN.is(e) || e.getCode() != unknown.getCode()) {
        throw e;
      }
      throw pipelineAtFault ? errors.refusedPipeline(e) : tokenRefused(e);
    }
  }

  /** The server does not take a token, whatever it calls that: it takes all else without it. */
  private static MongoSourceException tokenRefused(MongoException cause) {
    return new MongoSourceException(
        Reason.TOKEN_REJECTED,
        ErrorKind.TOKEN_REJECTED,
        "Cannot resume after the token: the server opens the change stream without it but not with it, and"
            + " says: "
            + MongoErrors.words(cause)
            + ". The stream resumes from the token's time.",
        cause);
  }
}
