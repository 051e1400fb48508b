package dev.perennial.checkpoint.file.internal;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An encoding of stream ids as file names: no file system takes the names of two ids for the same,
 * and each id can be decoded from its name.
 *
 * <p>Lower-case letters, digits, {@code -} and {@code _} stay as they are. Another ASCII character
 * becomes {@code %} and two hexadecimal digits, a UTF-16 unit beyond ASCII {@code %u} and four. So
 * names differ by more than case, and contain no dot and nothing that a file system might
 * normalize. If Windows reserves the name for a device, its first letter is encoded as well.
 */
public final class FileNames {

  /**
   * The longest name, in characters, each of which is one byte: file systems allow 255 bytes, and
   * the longest suffixes take 11.
   */
  public static final int MAX_LENGTH = 255 - 11;

  /**
   * Names that Windows reserves with any extension: see "Naming Files, Paths, and Namespaces" in
   * the Windows documentation.
   */
  private static final Pattern DEVICE = Pattern.compile("con|prn|aux|nul|com[0-9]|lpt[0-9]");

  private static final Pattern CODE =
      Pattern.compile("%u([0-9a-f]{4})|%([0-9a-f]{2})|([a-z0-9_-])");

  private FileNames() {}

  /** Encodes an id, without a suffix. The name can be longer than {@link #MAX_LENGTH}. */
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

  /** Decodes a file name; empty if it is not the name of an id. */
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
