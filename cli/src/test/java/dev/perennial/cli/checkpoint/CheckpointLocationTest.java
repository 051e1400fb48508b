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
  void isADirectory(String text, String directory) {
    CheckpointLocation location = CheckpointLocation.parse(text);
    assertThat(location).hasToString(directory);
    assertThat(location.isRedis()).isFalse();
  }

  @Test
  void isADirectoryWithoutASchemeOnlyIfThereIsOne(@TempDir Path folder) {
    assertThat(CheckpointLocation.parse(folder.toString())).hasToString(folder.toString());
    for (String text : List.of(folder.resolve("bogus").toString(), "localhost:6379", "", " ")) {
      assertThatThrownBy(() -> CheckpointLocation.parse(text))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("neither a directory that exists", "file:DIR, redis://");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "redis://:geheim@127.0.0.1:6379/2,redis://127.0.0.1:6379/2",
    "rediss://user:geheim@127.0.0.1,rediss://127.0.0.1",
    "'redis-sentinel://:geheim@a:1,b:2/0#main','redis-sentinel://a:1,b:2/0'"
  })
  void isARedisThatDoesNotShowItsPassword(String text, String shown) {
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
  void refusesAnAddressOfNoRedisWithoutShowingThePassword(String text) {
    assertThatThrownBy(() -> CheckpointLocation.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(text.substring(0, text.indexOf("://")))
        .hasMessageContaining("Write it like redis://")
        .satisfies(e -> assertThat(Throwables.getStackTrace(e)).doesNotContain("geheim"));
  }

  @Test
  void refusesWhatCannotHoldCheckpoints() {
    assertThatThrownBy(() -> CheckpointLocation.parse("s3://key:geheim@bucket"))
        .hasMessage("checkpoints cannot be in s3://…; they can be in " + CheckpointLocation.FORM);
    assertThatThrownBy(() -> CheckpointLocation.parse("file:"))
        .hasMessage("file: needs the path of a directory behind it");
    assertThatThrownBy(() -> CheckpointLocation.parse("file:a\0b"))
        .hasMessageContaining("no directory can have this path");
  }
}
