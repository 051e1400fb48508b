package dev.perennial.checkpoint.file.internal;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Writes stream ids as file names, so that no two ids have names that any file system takes for the
 * same, and each id can be read from its name.
 *
 * <p>Lower-case letters, digits, {@code -} and {@code _} stand for themselves. Another character of
 * ASCII is written {@code %} and its two hexadecimal digits, and a UTF-16 unit beyond ASCII {@code
 * %u} and its four. So case carries no meaning, there is no dot, and nothing that a file system
 * might normalize. Of a name that Windows keeps for a device, the first letter is written as a
 * code.
 */
public final class FileNames {

  /**
   * How long a name may be, in characters, which are bytes: file systems allow 255, of which the
   * longest suffixes take 11.
   */
  public static final int MAX_LENGTH = 255 - 11;

  /**
   * Reserved whatever the extension: see "Naming Files, Paths, and Namespaces" in the Windows
   * documentation.
   */
  private static final Pattern DEVICE = Pattern.compile("con|prn|aux|nul|com[0-9]|lpt[0-9]");

  private static final Pattern CODE =
      Pattern.compile("%u([0-9a-f]{4})|%([0-9a-f]{2})|([a-z0-9_-])");

  private FileNames() {}

  /** The file name of an id, without a suffix. May be longer than {@link #MAX_LENGTH}. */
  public static String encode(String streamId) {
    StringBuilder name = new StringBuilder(streamId.length() + 16);
    boolean device = DEVICE.matcher(streamId).matches();
    for (int i = 0; i < streamId.length(); i++) {
      char c = streamId.charAt(i);
      if (c > 0x7f) {
        name.append(String.format("%%u%04x", (int) c));
      } else if (!standsForItself(c) || (device && i == 0)) {
        name.append(String.format("%%%02x", (int) c));
      } else {
        name.append(c);
      }
    }
    return name.toString();
  }

  /** The id of a file name, or empty if it is the name of none. */
  public static Optional<String> decode(String name) {
    StringBuilder id = new StringBuilder(name.length());
    Matcher code = CODE.matcher(name);
    int end = 0;
    while (end < name.length() && code.find() && code.start() == end) {
      end = code.end();
      String hex = code.group(1) != null ? code.group(1) : code.group(2);
      id.append(hex != null ? (char) Integer.parseInt(hex, 16) : code.group(3).charAt(0));
    }
    String decoded = id.toString();
    boolean ours = end == name.length() && !decoded.isEmpty() && encode(decoded).equals(name);
    return ours ? Optional.of(decoded) : Optional.empty();
  }

  private static boolean standsForItself(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  }
}
