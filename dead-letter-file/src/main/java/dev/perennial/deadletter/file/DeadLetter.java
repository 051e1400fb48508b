package dev.perennial.deadletter.file;

import dev.perennial.deadletter.file.internal.Letter;
import dev.perennial.port.Checkpoint;
import dev.perennial.port.support.LogText;
import java.time.Instant;
import java.util.Optional;

/** An event whose handler failed for good, with the error. Immutable. */
public final class DeadLetter implements DeadLetterEvent {

  private final Letter letter;

  DeadLetter(Letter letter) {
    this.letter = letter;
  }

  @Override
  public DeadLetter letter() {
    return this;
  }

  /** Returns when the letter was written. */
  public Instant time() {
    return letter.time();
  }

  /** Returns the position of the event in its source, as text. */
  public String position() {
    return letter.position();
  }

  /**
   * Returns the checkpoint from which a stream of the event's source resumes after the event. Empty
   * if the server of that source tracks acks.
   */
  public Optional<Checkpoint> checkpoint() {
    return letter.checkpoint();
  }

  /** Returns how many times the stream had handed out the event. */
  public int attempts() {
    return letter.attempts();
  }

  /** Returns the name of the error's class. */
  public String errorClass() {
    return letter.error().type();
  }

  /** Returns the error's message, if it had one; a long one is cut. */
  public Optional<String> errorMessage() {
    return letter.error().message();
  }

  /** Returns the error's stack trace with its causes; a long one is cut. */
  public String errorStack() {
    return letter.error().stack();
  }

  /** Returns the event, exactly as the sink's function encoded it. */
  public String rawEvent() {
    return letter.event();
  }

  @Override
  public String toString() {
    return "DeadLetter["
        + LogText.brief(position())
        + ", "
        + time()
        + ", "
        + LogText.brief(errorClass())
        + ']';
  }
}
