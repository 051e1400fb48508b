package dev.perennial.deadletter.file.internal;

import dev.perennial.port.Checkpoint;
import dev.perennial.port.CheckpointException;
import dev.perennial.port.support.LogText;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Optional;
import java.util.stream.Stream;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.TokenStreamFactory;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.json.JsonWriteFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The format of a dead letter: one JSON object on one line, in UTF-8. Other fields are ignored. */
public final class LetterFormat {

  private static final String TIME = "time";
  private static final String POSITION = "position";
  private static final String CHECKPOINT = "checkpoint";
  private static final String ATTEMPTS = "attempts";
  private static final String ERROR = "error";
  private static final String CLASS = "class";
  private static final String MESSAGE = "message";
  private static final String STACK = "stack";
  private static final String EVENT = "event";

  private static final JsonMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder().maxStringLength(Integer.MAX_VALUE).build())
                  // What looks like another encoding is not a letter.
                  .disable(TokenStreamFactory.Feature.CHARSET_DETECTION)
                  .build())
          .build();

  /** Writes half a surrogate pair, which has no UTF-8, as an escape. Texts with one are rare. */
  private static final JsonMapper ASCII_MAPPER =
      JsonMapper.builder(JsonFactory.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build())
          .build();

  private LetterFormat() {}

  /** Encodes a letter as a line with its line feed. */
  public static byte[] encode(Letter letter) {
    ByteArrayOutputStream line = new ByteArrayOutputStream(letter.event().length() + 1024);
    try (JsonGenerator json = mapperFor(letter).createGenerator(line)) {
      json.writeStartObject();
      json.writeStringProperty(TIME, letter.time().toString());
      json.writeStringProperty(POSITION, letter.position());
      if (letter.checkpoint().isPresent()) {
        json.writeStringProperty(CHECKPOINT, letter.checkpoint().get().toLine());
      }
      json.writeNumberProperty(ATTEMPTS, letter.attempts());
      json.writeObjectPropertyStart(ERROR);
      json.writeStringProperty(CLASS, letter.error().type());
      if (letter.error().message().isPresent()) {
        json.writeStringProperty(MESSAGE, letter.error().message().get());
      }
      json.writeStringProperty(STACK, letter.error().stack());
      json.writeEndObject();
      // Last, so that the beginning of a line over a limit still has the rest.
      json.writeStringProperty(EVENT, letter.event());
      json.writeEndObject();
    }
    line.write('\n');
    return line.toByteArray();
  }

  private static JsonMapper mapperFor(Letter letter) {
    boolean unicode =
        Stream.of(
                letter.position(),
                letter.checkpoint().map(Checkpoint::toLine).orElse(""),
                letter.error().message().orElse(""),
                letter.error().stack(),
                letter.event())
            .allMatch(text -> StandardCharsets.UTF_8.newEncoder().canEncode(text));
    return unicode ? MAPPER : ASCII_MAPPER;
  }

  /**
   * Decodes a line without its line feed.
   *
   * @throws LetterFormatException if it is no dead letter
   */
  public static Letter decode(byte[] line) throws LetterFormatException {
    JsonNode json;
    try {
      json = MAPPER.readTree(line);
    } catch (JacksonException e) {
      throw new LetterFormatException(
          "it is not JSON (" + LogText.brief(e.getOriginalMessage()) + ")");
    }
    if (!json.isObject()) {
      throw new LetterFormatException("it is not a JSON object");
    }
    return new Letter(
        time(json),
        text(json, POSITION),
        checkpoint(json),
        attempts(json),
        error(json),
        text(json, EVENT));
  }

  private static Instant time(JsonNode json) throws LetterFormatException {
    try {
      return Instant.parse(text(json, TIME));
    } catch (DateTimeException e) {
      throw new LetterFormatException(
          "\"" + TIME + "\" is not a time such as 2026-11-29T08:30:00Z");
    }
  }

  private static Optional<Checkpoint> checkpoint(JsonNode json) throws LetterFormatException {
    if (!json.has(CHECKPOINT)) {
      return Optional.empty();
    }
    try {
      return Optional.of(Checkpoint.parse(text(json, CHECKPOINT)));
    } catch (CheckpointException e) {
      throw new LetterFormatException("\"" + CHECKPOINT + "\" is no checkpoint");
    }
  }

  private static int attempts(JsonNode json) throws LetterFormatException {
    JsonNode value = json.path(ATTEMPTS);
    if (!value.isInt()) {
      throw new LetterFormatException("\"" + ATTEMPTS + "\" is missing or not a number");
    }
    return value.intValue();
  }

  private static ErrorText error(JsonNode json) throws LetterFormatException {
    JsonNode error = json.path(ERROR);
    if (!error.isObject()) {
      throw new LetterFormatException("\"" + ERROR + "\" is missing or not an object");
    }
    return new ErrorText(
        text(error, CLASS),
        error.has(MESSAGE) ? Optional.of(text(error, MESSAGE)) : Optional.empty(),
        text(error, STACK));
  }

  private static String text(JsonNode json, String name) throws LetterFormatException {
    JsonNode value = json.path(name);
    if (!value.isString()) {
      throw new LetterFormatException("\"" + name + "\" is missing or not a text");
    }
    return value.stringValue();
  }
}
