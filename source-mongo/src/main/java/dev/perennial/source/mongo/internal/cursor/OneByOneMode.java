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
 * Whether events are asked for one by one. A server that cannot return an event drops the whole
 * batch that it was putting together, with what comes before that event; so the error alone does
 * not say that the event is the next one. Only where no batch has more than one event, it does.
 * Belongs to one source, and to the thread that uses it.
 */
public final class OneByOneMode {

  /**
   * The most events that are asked for so, at a round trip each: the event may have become one that
   * the server can return, and an error that does not name it does not say when it has passed.
   * Should it be still to come, the next batch with it starts this anew.
   */
  static final int MOST = 1_000;

  private final BooleanSupplier sharded;
  private final MongoNotifier notifier;

  /** What the server could not return; null while events come in batches. */
  private @Nullable UnreturnableEvent met;

  /** How many events came one by one since. */
  private int came;

  /**
   * @param sharded whether events of several servers are put in order, so that there is no stepping
   *     over any
   */
  public OneByOneMode(BooleanSupplier sharded, MongoNotifier notifier) {
    this.sharded = sharded;
    this.notifier = notifier;
  }

  /** Whether the next cursor is to give events one by one. */
  boolean isOn() {
    return met != null;
  }

  /**
   * An event that cannot be returned was met.
   *
   * @return whether events are asked for one by one from now on; false if they are already, so that
   *     this is the next event, or if that would lead past none
   */
  boolean met(MongoException error) {
    if (isOn() || sharded.getAsBoolean()) {
      return false;
    }
    met = UnreturnableEvent.read(error);
    came = 0;
    notifier.notifyListener(listener ->
        listener.onOneByOne(new ListenerEvents.OneByOne(true, MongoErrors.words(error))));
    return true;
  }

  /**
   * The event that cannot be returned, to be handed out as malformed.
   *
   * @param before the position before it
   * @throws MongoSourceException if there is no way past it
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

  /** How a connection is lost after an event that was stepped over. */
  static MongoSourceException steppedOver(@Nullable Throwable cause) {
    return MongoErrors.cursorLost(
        "the server cannot return an event, which was delivered as malformed", cause);
  }

  /** It is over, if it was on. */
  void passed(String why) {
    if (met != null) {
      met = null;
      notifier.notifyListener(
          listener -> listener.onOneByOne(new ListenerEvents.OneByOne(false, why)));
    }
  }

  /**
   * An event came one by one.
   *
   * @return whether it is the one that could not be returned, or comes behind it, or so many have
   *     come that it is to be taken for gone
   */
  boolean isOverAt(ResumePosition position) {
    UnreturnableEvent event = met;
    return event == null || ++came >= MOST || isAtOrBehind(position, event);
  }

  private static boolean isAtOrBehind(ResumePosition position, UnreturnableEvent event) {
    return event.token().map(ResumePosition::ofToken).filter(position::equals).isPresent()
        || event
            .clusterTime()
            .flatMap(time -> position.clusterTime().filter(at -> at.compareTo(time) > 0))
            .isPresent();
  }
}
