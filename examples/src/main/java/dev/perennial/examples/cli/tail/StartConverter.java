package dev.perennial.examples.cli.tail;

import dev.perennial.source.mongo.StartPosition;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads where to begin on the command line. */
final class StartConverter implements ITypeConverter<StartPosition> {

  @Override
  public StartPosition convert(String value) {
    try {
      return StartPosition.parse(value);
    } catch (IllegalArgumentException e) {
      throw new TypeConversionException(String.valueOf(e.getMessage()));
    }
  }
}
