package dev.perennial.cli.checkpoint;

import dev.perennial.port.Checkpoint;
import dev.perennial.port.support.LogText;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Formats a checkpoint for a person, one part per line. */
final class CheckpointText {

  private CheckpointText() {}

  static List<String> lines(String streamId, Checkpoint checkpoint) {
    List<String> lines = new ArrayList<>();
    lines.add(line("stream", streamId));
    lines.add(line("source", checkpoint.source()));
    String fingerprint = checkpoint.fingerprint();
    lines.add(line("fingerprint", fingerprint.isEmpty() ? "(none)" : fingerprint));
    lines.add(line("position", checkpoint.position()));
    MongoCheckpointTime.of(checkpoint).ifPresent(time -> lines.add(line("cluster time", time)));
    return lines;
  }

  private static String line(String name, String value) {
    return String.format(Locale.ROOT, "%-13s %s", name, LogText.line(value));
  }
}
