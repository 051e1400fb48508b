package dev.perennial.cli.checkpoint;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Parses a location on the command line. */
public final class LocationConverter implements ITypeConverter<CheckpointLocation> {

  @Override
  public CheckpointLocation convert(String value) {
    try {
      return CheckpointLocation.parse(value);
    } catch (IllegalArgumentException e) {
      throw new TypeConversionException(String.valueOf(e.getMessage()));
    }
  }
}
