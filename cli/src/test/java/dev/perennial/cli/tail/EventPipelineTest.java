package dev.perennial.cli.tail;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import org.bson.BsonDocument;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EventPipelineTest {

  private static final BsonDocument STAGE =
      BsonDocument.parse("{$match: {operationType: \"insert\"}}");

  @TempDir private Path folder;

  @Test
  void parsesAnArrayOrOneStage() {
    assertThat(EventPipeline.parse(" [" + STAGE.toJson() + "]").stages()).containsExactly(STAGE);
    assertThat(EventPipeline.parse(STAGE.toJson()).stages()).containsExactly(STAGE);
    assertThat(EventPipeline.parse("[]").stages()).isEmpty();
  }

  @Test
  void parsesAFile() throws Exception {
    Path file = Files.writeString(folder.resolve("p.json"), "\n[" + STAGE.toJson() + "]\n");
    assertThat(EventPipeline.parse(file.toString()).stages()).containsExactly(STAGE);
    Files.writeString(file, STAGE.toJson());
    assertThat(EventPipeline.parse(file.toString()).stages()).containsExactly(STAGE);
  }

  @Test
  void rejectsInvalidPipelines() throws Exception {
    assertThatThrownBy(() -> EventPipeline.parse("[{"))
        .hasMessageStartingWith("the pipeline is not a JSON array of stages: ");
    assertThatThrownBy(() -> EventPipeline.parse("[1]"))
        .hasMessage("the pipeline has a stage that is not an object, but of type INT32");
    Path file = Files.writeString(folder.resolve("p.json"), "match");
    assertThatThrownBy(() -> EventPipeline.parse(file.toString()))
        .hasMessageStartingWith("the file " + file + " is not a JSON array of stages: ");
    Files.writeString(file, " \n");
    assertThatThrownBy(() -> EventPipeline.parse(file.toString()))
        .hasMessage("the file " + file + " is empty. A pipeline without stages is [].");
    Files.writeString(file, "\"match\"");
    assertThatThrownBy(() -> EventPipeline.parse(file.toString()))
        .isExactlyInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("the file " + file + " is not a JSON array of stages: ");
    assertThatThrownBy(() -> EventPipeline.parse(folder.toString()))
        .hasMessage(
            '"' + folder.toString() + "\" is neither JSON, which begins with [ or {, nor a file");
    assertThatThrownBy(() -> EventPipeline.parse(" "))
        .hasMessageStartingWith("\" \" is neither JSON");
    assertThatThrownBy(() -> EventPipeline.parse(folder.resolve("gone").toString()))
        .hasMessageContaining("neither JSON, which begins with [ or {, nor a readable file")
        .hasMessageContaining("gone");
  }
}
