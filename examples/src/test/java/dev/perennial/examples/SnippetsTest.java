package dev.perennial.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Compares the snippets of the documentation with the tested code. */
class SnippetsTest {

  private static final Path ROOT = Path.of("").toAbsolutePath().getParent();

  @TempDir private Path folder;

  static Stream<Path> pages() throws IOException {
    try (Stream<Path> docs = Files.walk(ROOT.resolve("docs"))) {
      return Stream.concat(
          Stream.of("README.md", "CONTRIBUTING.md", "CHANGELOG.md").map(ROOT::resolve),
          docs.filter(file -> file.toString().endsWith(".md")).toList().stream());
    }
  }

  @ParameterizedTest
  @MethodSource("pages")
  void everySnippetIsARegionOfATestedFile(Path page) throws IOException {
    assertThat(Snippets.problems(Files.readString(page), ROOT)).isEmpty();
  }

  @Test
  void theReadmeBeginsWithTheQuickStart() throws IOException {
    String readme = Files.readString(ROOT.resolve("README.md"));
    assertThat(readme.lines().filter(line -> line.startsWith("<!-- snippet: ")).findFirst())
        .contains(
            "<!-- snippet: examples/src/main/java/dev/perennial/examples/QuickStart.java quick-start -->");
  }

  @Test
  void theWorkflowRunsTheReadmesTestCommand() throws IOException {
    String readme = Files.readString(ROOT.resolve("README.md"));
    String section = readme.substring(readme.indexOf("## Build and test"));
    String command =
        section.lines().dropWhile(line -> !line.equals("```sh")).skip(1).findFirst().orElseThrow();
    assertThat(Files.readAllLines(ROOT.resolve(".github/workflows/ci.yml")))
        .contains("      - run: " + command);
  }

  // The check itself.

  private static final String PAGE =
      """
      Text.

      <!-- snippet: A.java one -->
      ```java
      int a;

        int b;
      ```

      ```sh
      ls
      ```
      """;

  @Test
  void acceptsASnippetThatEqualsItsRegion() throws IOException {
    write("class A {\n  // tag::one\n  int a;\n\n    int b;\n\n  // end::one\n}\n");
    assertThat(Snippets.problems(PAGE, folder)).isEmpty();
  }

  @Test
  void reportsASnippetThatDiffersFromItsRegion() throws IOException {
    write("class A {\n  // tag::one\n  int a;\n  int b;\n  // end::one\n}\n");
    assertThat(Snippets.problems(PAGE, folder))
        .singleElement()
        .asString()
        .startsWith("line 4: the snippet is not the region one of A.java");
  }

  @Test
  void reportsATruncatedSnippet() throws IOException {
    write("// tag::one\nint a;\n\n  int b;\nint c;\n// end::one\n");
    assertThat(Snippets.problems(PAGE, folder)).hasSize(1);
  }

  @Test
  void reportsAMissingRegion() throws IOException {
    write("// tag::two\nint a;\n// end::two\n");
    assertThat(Snippets.problems(PAGE, folder))
        .singleElement()
        .asString()
        .contains("has no region one");
    Files.delete(folder.resolve("A.java"));
    assertThat(Snippets.problems(PAGE, folder)).hasSize(1);
  }

  @Test
  void reportsASnippetWithoutAFile() throws IOException {
    List<String> problems = Snippets.problems("Text\n\n~~~~ Java\nint a;\n~~~~\n", folder);
    assertThat(problems).singleElement().asString().startsWith("line 3: a Java snippet without");
  }

  private void write(String text) throws IOException {
    Files.writeString(folder.resolve("A.java"), text);
  }
}
