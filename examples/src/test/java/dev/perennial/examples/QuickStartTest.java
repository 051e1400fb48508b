package dev.perennial.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.perennial.cli.ChildProcess;
import dev.perennial.simulators.tap.TapSimulator;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Compiles and runs the first snippet of the README. */
class QuickStartTest {

  @TempDir private Path folder;

  @Test
  void compilesAndRuns() throws Exception {
    Path source = Path.of("src", "main", "java", "dev", "perennial", "examples", "QuickStart.java");
    String snippet = String.join("\n", Snippets.region(source, "quick-start"));
    try (TapSimulator tap = TapSimulator.builder().start()) {
      String here = snippet.replace("localhost:2480", "127.0.0.1:" + tap.port());
      assertThat(here).isNotEqualTo(snippet);
      Path copy = Files.writeString(folder.resolve("QuickStart.java"), here);
      String classPath = System.getProperty("java.class.path");
      JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
      assertThat(
              compiler.run(
                  null, null, null, "-d", folder.toString(), "-cp", classPath, copy.toString()))
          .isZero();
      tap.emitIdentity("did:plc:a", "a.test", true, "active");
      try (ChildProcess program =
          ChildProcess.java(
              "QuickStart", folder + File.pathSeparator + classPath, Map.of(), true)) {
        program.awaitLines(1);
        assertThat(program.lines()).containsExactly("TapIdentity[1 did:plc:a \"a.test\" active]");
        await().atMost(ChildProcess.DEADLINE).until(() -> tap.acked() == 1);
      }
    }
  }
}
