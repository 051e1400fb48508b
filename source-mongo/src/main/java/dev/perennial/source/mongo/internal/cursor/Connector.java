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
import org.jspecify.annotations.Nullable;

/** A factory of the source's connections. Used by one thread at a time. */
public final class Connector {

  private final ClientHandle client;
  private final SourceOptions options;
  private final CursorOpener opener;
  private final ConnectionContext context;
  private final ErrorExplainer errors;
  private final MongoNotifier notifier;
  private final OneByOneMode oneByOne;

  /**
   * An unknown error that, as tests have shown, is caused by neither the token nor the pipeline.
   */
  private record Unexplained(int code, ResumePosition from) {}

  /** The last such error. While it persists, the source does not repeat the tests. */
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

  /** Ends one-by-one reading, because the stream begins at another position. */
  public void restarted() {
    oneByOne.passed("the stream begins elsewhere");
  }

  public Connection<ChangeEvent, MongoPosition> connect(ResumePosition after)
      throws MongoSourceException, InterruptedException {
    ResumePosition from = context.deployment().check(after);
    OpenCursor cursor = open(from);
    EventReader reader = new EventReader(client.codecs());
    return new MongoConnection(
        cursor,
        begin(from, cursor),
        reader,
        options.splitLargeEvents() ? new SplitEvents(reader, SplitEvents.DEFAULT_LIMIT) : null,
        new Invalidation(options.onInvalidate(), notifier, opener, reader),
        context);
  }

  private CursorProgress begin(ResumePosition from, OpenCursor cursor)
      throws MongoSourceException, InterruptedException {
    try {
      boolean scanChecksStart = opener.scanChecksStart();
      // The server checks a time and a high-water token at once, but not the token of an event.
      boolean proved =
          !from.isEvent() || (!scanChecksStart && context.oplogCheck().confirms(from, cursor));
      return new CursorProgress(from, proved, scanChecksStart);
    } catch (MongoException | MongoSourceException | InterruptedException e) {
      cursor.close();
      throw e;
    }
  }

  /**
   * Opens a cursor. If the server cannot return an event of the first batch, opens it without one,
   * because the error does not say whether that event is the first.
   */
  private OpenCursor open(ResumePosition from) throws MongoSourceException, InterruptedException {
    try {
      return openOrExplain(from);
    } catch (MongoException e) {
      if (!ErrorKind.UNRETURNABLE.is(e)) {
        throw e;
      }
      if (!oneByOne.met(e)) {
        throw oneByOne.cannotStepOver(e, from);
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
   * Opens a cursor after an error with a code on no list, and finds its cause. The token, or else
   * the pipeline and the options, are the cause if the server refuses the whole stream twice with
   * the same code and accepts it in between without that part. Otherwise the error may be
   * transient. The pipeline is tested first, because it may fail on an event that a stream without
   * the token does not reach.
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

  /**
   * Creates the error for a token that the server refuses with a code on no list, after a test
   * showed that it accepts the stream without the token.
   */
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
