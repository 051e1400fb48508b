package dev.perennial.cli.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import org.assertj.core.util.Throwables;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CheckpointLocationTest {

  @ParameterizedTest
  @CsvSource({
    "file:checkpoints,checkpoints",
    "file:/var/lib/app,/var/lib/app",
    "file:///var/lib/app,/var/lib/app"
  })
  void parsesADirectory(String text, String directory) {
    CheckpointLocation location = CheckpointLocation.parse(text);
    assertThat(location).hasToString(directory);
    assertThat(location.isRedis()).isFalse();
  }

  @Test
  void parsesAnExistingDirectoryWithoutAScheme(@TempDir Path folder) {
    assertThat(CheckpointLocation.parse(folder.toString())).hasToString(folder.toString());
    for (String text : List.of(folder.resolve("bogus").toString(), "localhost:6379", "", " ")) {
      assertThatThrownBy(() -> CheckpointLocation.parse(text))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("neither an existing directory", "file:DIR, redis://");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "redis://:geheim@127.0.0.1:6379/2,redis://127.0.0.1:6379/2",
    "rediss://user:geheim@127.0.0.1,rediss://127.0.0.1",
    "'redis-sentinel://:geheim@a:1,b:2/0#main','redis-sentinel://a:1,b:2/0'"
  })
  void parsesARedisWithoutShowingItsPassword(String text, String shown) {
    CheckpointLocation location = CheckpointLocation.parse(text);
    assertThat(location).hasToString(shown);
    assertThat(location.isRedis()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "redis://:geheim@127.0.0.1:notaport",
        "redis://:geheim@",
        "redis-sentinel://:geheim@a:1"
      })
  void rejectsAnInvalidRedisAddressWithoutShowingItsPassword(String text) {
    assertThatThrownBy(() -> CheckpointLocation.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(text.substring(0, text.indexOf("://")))
        .hasMessageContaining("Write it like redis://")
        .satisfies(e -> assertThat(Throwables.getStackTrace(e)).doesNotContain("geheim"));
  }

  @Test
  void rejectsOtherLocations() {
    assertThatThrownBy(() -> CheckpointLocation.parse("s3://key:geheim@bucket"))
        .hasMessage("checkpoints cannot be in s3://…. Give " + CheckpointLocation.FORM + ".");
    assertThatThrownBy(() -> CheckpointLocation.parse("file:"))
        .hasMessage("file: has no path after it. Give file:DIR.");
    assertThatThrownBy(() -> CheckpointLocation.parse("file:a\0b"))
        .hasMessageContaining("the path is not valid: ");
  }
}
