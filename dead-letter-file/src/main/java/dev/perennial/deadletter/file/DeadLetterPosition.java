package dev.perennial.deadletter.file;

import dev.perennial.port.Position;
import java.time.Instant;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The position of a dead letter: its segment, and the number of bytes up to the end of its line.
 * Two positions are equal if they have the same segment and offset.
 */
public final class DeadLetterPosition implements Position {

  /** Before the first letter of any directory. */
  static final DeadLetterPosition BEGINNING = new DeadLetterPosition(0, 0, null);

  private static final Pattern TEXT = Pattern.compile("(\\d{1,17}):(\\d{1,18})");

  private final long segment;
  private final long offset;
  private final @Nullable Instant time;

  DeadLetterPosition(long segment, long offset, @Nullable Instant time) {
    this.segment = segment;
    this.offset = offset;
    this.time = time;
  }

  /** Parses {@link #toString()}; empty if the text is no position. */
  static Optional<DeadLetterPosition> parse(String text) {
    Matcher parts = TEXT.matcher(text);
    return parts.matches()
        ? Optional.of(
            new DeadLetterPosition(
                Long.parseLong(parts.group(1)), Long.parseLong(parts.group(2)), null))
        : Optional.empty();
  }

  /** Returns the number in the name of the segment's file; 0 for the start of the directory. */
  public long segment() {
    return segment;
  }

  /** Returns the number of bytes of the segment up to and including the letter's line feed. */
  public long offset() {
    return offset;
  }

  /** Returns when the letter was written. Empty for a malformed line, and after a resume. */
  @Override
  public Optional<Instant> time() {
    return Optional.ofNullable(time);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof DeadLetterPosition that
        && segment == that.segment
        && offset == that.offset;
  }

  @Override
  public int hashCode() {
    return 31 * Long.hashCode(segment) + Long.hashCode(offset);
  }

  /** Returns the segment and the offset with a colon between them. */
  @Override
  public String toString() {
    return segment + ":" + offset;
  }
}
