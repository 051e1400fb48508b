package dev.perennial.cli.tail;

import dev.perennial.Batch;
import dev.perennial.port.StreamRuntime;
import dev.perennial.source.tap.TapAdmin;
import dev.perennial.source.tap.TapAdminException;
import dev.perennial.source.tap.TapEvent;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Explains once why no event comes: a Tap does not resend events for a while that it has sent to
 * another consumer.
 */
final class IdleTapNotice implements Consumer<Batch<TapEvent>> {

  private final Supplier<TapAdmin> admin;
  private final Consumer<String> messages;
  private boolean reported;

  /**
   * @param admin supplies a client for the number of unacked events
   * @param messages receives the explanation
   */
  IdleTapNotice(Supplier<TapAdmin> admin, Consumer<String> messages) {
    this.admin = admin;
    this.messages = messages;
  }

  /** Takes each batch and, while no event comes, an empty one each second. */
  @Override
  public void accept(Batch<TapEvent> batch) {
    if (batch.isEmpty() && !reported) {
      // On another thread, because events that come meanwhile must be printed.
      StreamRuntime.system().execute(() -> messages.accept(explain()));
    }
    reported = true;
  }

  private String explain() {
    long unacked;
    try {
      unacked = admin.get().outboxBuffer();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "no event yet";
    } catch (TapAdminException | IllegalArgumentException e) {
      // The admin API is only asked for the explanation.
      return "no event yet: Tap has none, or has sent them to another consumer. " + resend();
    }
    return unacked == 0
        ? "no event yet: Tap has none. Its other consumers share new events"
        : "no event yet: Tap has "
            + unacked
            + " unacked, but has sent them to another consumer, or to one that has just ended. "
            + resend()
            + ", and deletes acked ones within 10 s";
  }

  private static String resend() {
    return "Tap sends unacked events again after its TAP_RETRY_TIMEOUT (default: 60 s)";
  }
}
