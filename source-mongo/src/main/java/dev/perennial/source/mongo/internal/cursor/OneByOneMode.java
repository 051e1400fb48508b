package dev.perennial.source.mongo.internal.cursor;

import com.mongodb.MongoException;
import dev.perennial.source.mongo.MalformedChange;
import dev.perennial.source.mongo.MongoPosition;
import dev.perennial.source.mongo.MongoSourceException;
import dev.perennial.source.mongo.internal.error.MongoErrors;
import dev.perennial.source.mongo.internal.position.ResumePosition;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The mode in which the server returns events one at a time. A server that cannot return an event
 * drops the whole batch, including the events before it, so the error alone does not show which
 * event failed. If each batch has only one event, it does. Each source has one, used by one thread
 * at a time.
 */
public final class OneByOneMode {

  /**
   * The most events that are read one at a time, each with a round trip. The limit exists because
   * the server may be able to return the event by now, and an error without a token or time does
   * not show when the stream has passed it. If the event comes later, the next batch with it starts
   * the mode again.
   */
  static final int MOST = 1_000;

  private final BooleanSupplier sharded;
  private final MongoNotifier notifier;

  /** The event that the server could not return; null while the stream reads batches. */
  private @Nullable UnreturnableEvent unreturnable;

  /** The number of events read one at a time since the mode began. */
  private int eventsRead;

  /**
   * @param sharded whether a router merges the events of several servers, so that the stream cannot
   *     step over an event
   */
  public OneByOneMode(BooleanSupplier sharded, MongoNotifier notifier) {
    this.sharded = sharded;
    this.notifier = notifier;
  }

  /** Returns whether the source asks for one event at a time. */
  boolean isOn() {
    return unreturnable != null;
  }

  /**
   * Turns the mode on after an error for an event that the server cannot return.
   *
   * @return true if the mode is on from now on; false if it already was, so that the failed event
   *     is the next one, or if the cluster is sharded
   */
  boolean met(MongoException error) {
    if (isOn() || sharded.getAsBoolean()) {
      return false;
    }
    unreturnable = UnreturnableEvent.read(error);
    eventsRead = 0;
    notifier.notifyListener(listener ->
        listener.onOneByOne(new ListenerEvents.OneByOne(true, MongoErrors.words(error))));
    return true;
  }

  /**
   * Returns the event that the server cannot return as a malformed event, and turns the mode off.
   *
   * @param before the position before that event
   * @throws MongoSourceException if the stream cannot step over it
   */
  MalformedChange stepOver(MongoException error, ResumePosition before)
      throws MongoSourceException {
    MalformedChange event =
        UnreturnableEvent.read(error).asMalformed(error, before, sharded.getAsBoolean());
    MongoPosition position = event.position().orElse(before);
    notifier.notifyListener(
        listener -> listener.onSteppedOver(new ListenerEvents.SteppedOver(position, error)));
    passed("the source stepped over the event that the server could not return");
    return event;
  }

  /** Creates the error for an event that the stream cannot step over. */
  MongoSourceException cannotStepOver(MongoException error, ResumePosition before) {
    return UnreturnableEvent.read(error).cannotStepOver(error, before, sharded.getAsBoolean());
  }

  /** Turns the mode off, if it is on. */
  void passed(String why) {
    if (unreturnable != null) {
      unreturnable = null;
      notifier.notifyListener(
          listener -> listener.onOneByOne(new ListenerEvents.OneByOne(false, why)));
    }
  }

  /**
   * Counts an event that was read one at a time.
   *
   * @return whether the mode can end: the event is the one that the server could not return, it is
   *     later than that one, or the limit is reached and that one counts as gone
   */
  boolean isOverAt(ResumePosition position) {
    UnreturnableEvent event = unreturnable;
    return event == null || ++eventsRead >= MOST || isAtOrBehind(position, event);
  }

  private static boolean isAtOrBehind(ResumePosition position, UnreturnableEvent event) {
    return event.token().map(ResumePosition::ofToken).filter(position::equals).isPresent()
        || event
            .clusterTime()
            .flatMap(time -> position.clusterTime().filter(at -> at.compareTo(time) > 0))
            .isPresent();
  }
}
