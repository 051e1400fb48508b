package dev.perennial.cli.deadletter;

import dev.perennial.Delivery;
import dev.perennial.deadletter.file.DeadLetter;
import dev.perennial.deadletter.file.DeadLetterEvent;
import dev.perennial.deadletter.file.MalformedDeadLetter;
import dev.perennial.port.Checkpoint;
import dev.perennial.port.support.LogText;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Formats dead letters for a person. */
final class LetterText {

  /** How much of an error a line shows, in characters. */
  private static final int MAX_ERROR = 160;

  private LetterText() {}

  /** Formats a letter as one line: its number, time, attempts, position and error. */
  static String line(long number, Delivery<DeadLetterEvent> delivery) {
    if (!(delivery.event() instanceof DeadLetter letter)) {
      return String.format(Locale.ROOT, "%5d  no dead letter: %s", number, problem(delivery));
    }
    return String.format(
        Locale.ROOT,
        "%5d  %-30s  attempts %-3d  position %s  %s",
        number,
        letter.time(),
        letter.attempts(),
        LogText.brief(letter.position()),
        LogText.brief(error(letter), MAX_ERROR));
  }

  /** Formats a letter with its error and event, of which only invisible characters are changed. */
  static List<String> lines(long number, Delivery<DeadLetterEvent> delivery) {
    List<String> lines = new ArrayList<>();
    lines.add(field("letter", number + ", at " + delivery.position()));
    if (delivery.event() instanceof MalformedDeadLetter malformed) {
      lines.add(field("problem", String.valueOf(malformed.cause().getMessage())));
      lines.add(field("size", malformed.size() + " bytes"));
      lines.add("");
      lines.addAll(block(new String(malformed.raw(), StandardCharsets.UTF_8)));
      return lines;
    }
    DeadLetter letter = delivery.event().letter();
    lines.add(field("time", letter.time().toString()));
    lines.add(field("attempts", String.valueOf(letter.attempts())));
    lines.add(field("position", letter.position()));
    letter
        .checkpoint()
        .map(Checkpoint::position)
        .ifPresent(at -> lines.add(field("checkpoint", at)));
    lines.add(field("error", letter.errorClass()));
    lines.add("");
    lines.addAll(block(letter.errorStack()));
    lines.add("");
    lines.addAll(block(letter.rawEvent()));
    return lines;
  }

  /** Returns why a malformed line is no dead letter. */
  static String problem(Delivery<DeadLetterEvent> delivery) {
    return delivery.event() instanceof MalformedDeadLetter malformed
        ? LogText.reason(malformed.cause()) + ", at " + delivery.position()
        : "";
  }

  private static String error(DeadLetter letter) {
    String type = letter.errorClass().substring(letter.errorClass().lastIndexOf('.') + 1);
    return letter.errorMessage().map(message -> type + ": " + message).orElse(type);
  }

  private static String field(String name, String value) {
    return String.format(Locale.ROOT, "%-11s %s", name, LogText.line(value));
  }

  /** The lines of a text that a terminal can show. */
  private static List<String> block(String text) {
    return text.lines().map(line -> LogText.line(line.replace("\t", "    "))).toList();
  }
}
