package dev.perennial.cli.tail;

import dev.perennial.port.support.LogText;
import dev.perennial.source.mongo.Scope;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * Parses a name to watch on the command line. Rejects names that look like a pattern or a list,
 * although a collection may have one, because the server would wait for such a name forever.
 */
final class WatchConverter implements ITypeConverter<String> {

  private static final Pattern PATTERN_OR_LIST = Pattern.compile("[*,$]");

  private static final String EVERYTHING = "*";

  @Override
  public String convert(String value) {
    String name = value.strip();
    if (!name.equals(EVERYTHING) && PATTERN_OR_LIST.matcher(name).find()) {
      throw invalid(
          value,
          "it looks like a pattern or a list. Give --watch once per collection, '*' alone for everything, and for a"
              + " collection with such a name its database and a --pipeline.");
    }
    try {
      Scope.parse(name);
    } catch (IllegalArgumentException e) {
      throw invalid(
          value, "it is not a name. Give shop.orders for a collection, shop for a database.");
    }
    return name;
  }

  private static TypeConversionException invalid(String value, String what) {
    return new TypeConversionException(
        '"' + LogText.brief(value, 100) + "\" cannot be watched: " + what);
  }
}
