package dev.perennial.cli.tail;

import dev.perennial.Batch;
import dev.perennial.port.StreamRuntime;
import dev.perennial.source.tap.TapAdmin;
import dev.perennial.source.tap.TapAdminException;
import dev.perennial.source.tap.TapEvent;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Says why nothing comes: a Tap hides events for a while that another consumer was sent. */
final class QuietTap implements Consumer<Batch<TapEvent>> {

  private final Supplier<TapAdmin> admin;
  private final Consumer<String> notes;
  private boolean said;

  /**
   * @param admin asked how many events there are
   * @param notes where to say it
   */
  QuietTap(Supplier<TapAdmin> admin, Consumer<String> notes) {
    this.admin = admin;
    this.notes = notes;
  }

  /** Is shown each batch and, while nothing comes, an empty one each second. */
  @Override
  public void accept(Batch<TapEvent> batch) {
    if (batch.isEmpty() && !said) {
      // Elsewhere, because what comes meanwhile is to be printed.
      StreamRuntime.system().execute(() -> notes.accept(why()));
    }
    said = true;
  }

  private String why() {
    long kept;
    try {
      kept = admin.get().outboxBuffer();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "no event yet";
    } catch (TapAdminException | IllegalArgumentException e) {
      // It is the events that are wanted, so that counts as not knowing.
      return "no event yet: the Tap has none, or has sent them to another consumer. " + again();
    }
    return kept == 0
        ? "no event yet: none waits in the Tap. What comes is shared with other consumers of it"
        : "no event yet, though the Tap keeps "
            + kept
            + ": it has sent them to another consumer, or to one that has just ended. "
            + again()
            + ", and deletes acked ones within 10 s";
  }

  private static String again() {
    return "It sends unacked ones again after its TAP_RETRY_TIMEOUT (60 s unless set there)";
  }
}
