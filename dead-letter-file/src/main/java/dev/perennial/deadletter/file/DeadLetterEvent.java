package dev.perennial.deadletter.file;

/** An event of a {@link DeadLetterSource}: a dead letter, or a line that is none. */
public sealed interface DeadLetterEvent permits DeadLetter, MalformedDeadLetter {

  /**
   * Returns the dead letter.
   *
   * @throws IllegalStateException if this is a {@link MalformedDeadLetter}
   */
  DeadLetter letter();
}
