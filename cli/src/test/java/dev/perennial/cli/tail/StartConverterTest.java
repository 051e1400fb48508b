package dev.perennial.cli.tail;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.perennial.cli.Perennial;
import dev.perennial.source.mongo.StartPosition;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import picocli.CommandLine.TypeConversionException;

class StartConverterTest {

  private final StartConverter converter =
      new StartConverter(Clock.fixed(Instant.parse("2026-11-29T08:30:00Z"), ZoneOffset.UTC));

  @ParameterizedTest
  @CsvSource({
    "2026-11-22T10:00:00Z, 2026-11-22T10:00:00Z",
    "2026-11-22T10:00:07.5Z, 2026-11-22T10:00:07.5Z",
    "2026-11-22T10:00Z, 2026-11-22T10:00:00Z",
    "2026-11-22t10:00z, 2026-11-22T10:00:00Z",
    "2026-11-22T10:00, 2026-11-22T10:00:00Z",
    "2026-11-22 10:00:30, 2026-11-22T10:00:30Z",
    "2026-11-22T10:00+01:00, 2026-11-22T09:00:00Z",
    "2026-11-22, 2026-11-22T00:00:00Z",
    "' 2026-11-22 ', 2026-11-22T00:00:00Z",
    "-30s, 2026-11-29T08:29:30Z",
    "-10m, 2026-11-29T08:20:00Z",
    "-2h, 2026-11-29T06:30:00Z",
    "-1d, 2026-11-28T08:30:00Z",
    "-1d12h30m, 2026-11-27T20:00:00Z",
    "-0s, 2026-11-29T08:30:00Z",
  })
  void parsesTimes(String text, Instant time) {
    assertThat(converter.convert(text)).isEqualTo(StartPosition.at(time));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "now",
        "{\"_data\":\"826553f5b4000000012b0229296e04\"}",
        "826553f5b4000000012b0229296e04",
      })
  void parsesTheFormsOfTheSource(String text) {
    assertThat(converter.convert(text)).isEqualTo(StartPosition.parse(text));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "-",
        "10m",
        "-10",
        "-10x",
        "-m",
        "--10m",
        "-30m1h",
        "-9999999999d",
        "-999999999d",
        "2026-11",
        "2026-11-31",
        "2026-11-22T",
        "2026-11-22T25:00",
        "2026-11-22T10",
        "2026-11-22T10:00 CET",
        "1969-12-31",
        "2107-01-01",
        "22.11.2026",
        "10:00",
        "yesterday",
        "{",
      })
  void rejectsInvalidStarts(String text) {
    assertThatThrownBy(() -> converter.convert(text))
        .isInstanceOf(TypeConversionException.class)
        .hasMessage('"' + text + "\" is not a start. Give " + StartConverter.FORM + ".");
  }

  @ParameterizedTest
  @CsvSource({"1, 1000", "90, 90000", "90s, 90000", "10m, 600000", "1m30s, 90000", "1500ms, 1500"})
  void parsesWaits(String text, long millis) {
    assertThat(new TailOptions.WaitConverter().convert(text)).isEqualTo(Duration.ofMillis(millis));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "0", "-1", "999ms", "1.5", "ten", "10 m", "99999999999"})
  void rejectsInvalidWaits(String text) {
    assertThatThrownBy(() -> new TailOptions.WaitConverter().convert(text))
        .isInstanceOf(TypeConversionException.class)
        .hasMessage(
            '"'
                + text
                + "\" is not a time of at least 1 s. Give seconds, or a time such as 90s, 10m or 2h.");
  }

  @ParameterizedTest
  @ValueSource(strings = {"-10m", "-1d", "2026-11-22 10:00"})
  void acceptsAnArgumentThatBeginsWithADash(String from) {
    CommandLine commands = Perennial.commandLine(new CommandLine(new Perennial()));
    assertThat(
            commands
                .parseArgs("tail", "mongo", "mongodb://h", "--watch", "a", "--from", from)
                .subcommand()
                .subcommand()
                .matchedOptionValue("--from", (StartPosition) null))
        .isNotNull();
  }

  @Test
  void usesTheSystemClockByDefault() {
    String start = new StartConverter().convert("-1h").toString();
    assertThat(Duration.between(Instant.parse(start), Instant.now()))
        .isBetween(Duration.ofMinutes(59), Duration.ofMinutes(80));
  }
}
