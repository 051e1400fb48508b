package dev.perennial.cli.tail;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import org.bson.BSONException;
import org.bson.BsonArray;
import org.bson.BsonDocument;
import org.bson.BsonValue;
import org.bson.json.JsonParseException;

/**
 * The stages of an aggregation pipeline.
 *
 * @param stages in order
 */
record EventPipeline(List<BsonDocument> stages) {

  EventPipeline {
    stages = List.copyOf(stages);
  }

  /**
   * Parses a JSON array of stages, a single stage, or a file that contains one of these.
   *
   * @throws IllegalArgumentException if it is none of these
   */
  static EventPipeline parse(String text) {
    String json = text.strip();
    if (json.startsWith("[")) {
      return array("the pipeline", json);
    }
    if (json.startsWith("{")) {
      return array("the pipeline", '[' + json + ']');
    }
    String content = read(text).strip();
    String what = "the file " + text;
    if (content.isEmpty()) {
      throw new IllegalArgumentException(what + " is empty. A pipeline without stages is [].");
    }
    return array(what, content.startsWith("{") ? '[' + content + ']' : content);
  }

  private static EventPipeline array(String what, String json) {
    List<BsonValue> stages;
    try {
      stages = BsonArray.parse(json).getValues();
    } catch (JsonParseException | BSONException | IllegalArgumentException e) {
      // Invalid values, unlike invalid syntax, throw other exceptions than JsonParseException.
      throw new IllegalArgumentException(
          what + " is not a JSON array of stages: " + e.getMessage(), e);
    }
    for (BsonValue stage : stages) {
      if (!stage.isDocument()) {
        throw new IllegalArgumentException(
            what + " has a stage that is not an object, but of type " + stage.getBsonType());
      }
    }
    return new EventPipeline(stages.stream().map(BsonValue::asDocument).toList());
  }

  private static String read(String file) {
    try {
      Path path = Path.of(file);
      if (file.isBlank() || Files.isDirectory(path)) {
        throw new IllegalArgumentException(
            '"' + file + "\" is neither JSON, which begins with [ or {, nor a file");
      }
      return Files.readString(path);
    } catch (IOException | InvalidPathException e) {
      throw new IllegalArgumentException(
          "the pipeline is neither JSON, which begins with [ or {, nor a readable file: " + e, e);
    }
  }
}
