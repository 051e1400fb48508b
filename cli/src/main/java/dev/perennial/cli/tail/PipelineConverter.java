package dev.perennial.cli.tail;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Parses a pipeline on the command line. */
final class PipelineConverter implements ITypeConverter<EventPipeline> {

  @Override
  public EventPipeline convert(String value) {
    try {
      return EventPipeline.parse(value);
    } catch (IllegalArgumentException e) {
      throw new TypeConversionException(String.valueOf(e.getMessage()));
    }
  }
}
