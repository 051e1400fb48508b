package dev.perennial.cli.tail;

import dev.perennial.port.LogText;
import dev.perennial.source.mongo.Scope;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * Reads a name to watch on the command line. Stricter than the server, which watches any name for
 * ever: what looks like a pattern or a list is refused, though a collection may be called so.
 */
final class WatchConverter implements ITypeConverter<String> {

  private static final Pattern PATTERN_OR_LIST = Pattern.compile("[*,$]");

  private static final String EVERYTHING = "*";

  @Override
  public String convert(String value) {
    String name = value.strip();
    if (!name.equals(EVERYTHING) && PATTERN_OR_LIST.matcher(name).find()) {
      throw refused(
          value,
          "it looks like a pattern or a list; give --watch several times for several collections, '*' alone for"
              + " everything, and for a collection with such a name its database and a --pipeline");
    }
    try {
      Scope.parse(name);
    } catch (IllegalArgumentException e) {
      throw refused(value, "write shop.orders for a collection, shop for a database");
    }
    return name;
  }

  private static TypeConversionException refused(String value, String what) {
    return new TypeConversionException(
        '"' + LogText.brief(value, 100) + "\" cannot be watched: " + what);
  }
}
