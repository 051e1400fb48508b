package dev.perennial.port;

/**
 * The durable record of a position. Its text form is one line, the same in every store, so that a
 * checkpoint can be looked at, copied and moved between stores.
 *
 * @param source the {@link Source#name() name} of the source that made it
 * @param fingerprint what of the source's settings the position depends on; empty if on none
 * @param position the position, as the source writes it
 */
public record Checkpoint(String source, String fingerprint, String position) {

  private static final int FIELDS = 3;

  /**
   * The checkpoint as one line of text: its three fields with tabs between them, where a tab, line
   * feed, carriage return or backslash within a field is written {@code \t}, {@code \n}, {@code \r}
   * or {@code \\}.
   */
  public String toLine() {
    return escape(source) + '\t' + escape(fingerprint) + '\t' + escape(position);
  }

  /**
   * Reads what {@link #toLine()} wrote.
   *
   * @throws CheckpointException with reason {@link CheckpointException.Reason#CORRUPT CORRUPT} if
   *     it is anything else
   */
  public static Checkpoint parse(String line) throws CheckpointException {
    String[] fields = line.split("\t", -1);
    if (fields.length != FIELDS) {
      throw CheckpointException.corrupt(
          "a checkpoint has "
              + FIELDS
              + " fields with tabs between them, but this line has "
              + fields.length,
          null);
    }
    return new Checkpoint(unescape(fields[0]), unescape(fields[1]), unescape(fields[2]));
  }

  private static String escape(String field) {
    return field
        .replace("\\", "\\\\")
        .replace("\t", "\\t")
        .replace("\n", "\\n")
        .replace("\r", "\\r");
  }

  private static String unescape(String field) throws CheckpointException {
    StringBuilder text = new StringBuilder(field.length());
    for (int i = 0; i < field.length(); i++) {
      char c = field.charAt(i);
      if (c == '\n' || c == '\r') {
        throw CheckpointException.corrupt("a checkpoint is one line, but this text has more", null);
      }
      if (c != '\\') {
        text.append(c);
        continue;
      }
      char escaped = ++i < field.length() ? field.charAt(i) : ' ';
      text.append(
          switch (escaped) {
            case '\\' -> '\\';
            case 't' -> '\t';
            case 'n' -> '\n';
            case 'r' -> '\r';
            default ->
                throw CheckpointException.corrupt(
                    "a checkpoint's field has a backslash before '"
                        + escaped
                        + "', which stands for nothing",
                    null);
          });
    }
    return text.toString();
  }
}
