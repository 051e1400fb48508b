package dev.perennial.architecture;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import dev.perennial.architecture.fixture.Shown;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What each published module shows to others is what the file says that bears its name. */
class PublicApiTest {

  private static final Path LISTINGS = Path.of("api");
  private static final JavaClasses MODULES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages(ArchitectureTest.ROOT);

  static List<Module> published() {
    return Module.allPublished();
  }

  private static List<String> listingOf(Module module) {
    return PublicApi.of(MODULES, resideInAnyPackage(module.packages(ArchitectureTest.ROOT))::test);
  }

  @ParameterizedTest
  @MethodSource("published")
  @DisplayName("is what is written down")
  void isWrittenDown(Module module) throws IOException {
    List<String> now = listingOf(module);
    assertThat(now).as("public types of %s", module).isNotEmpty();
    Path file = LISTINGS.resolve(module.artifact() + ".txt");
    if (Boolean.getBoolean("perennial.api.update")) {
      Files.createDirectories(LISTINGS);
      Files.write(file, now);
    }
    List<String> before = Files.exists(file) ? Files.readAllLines(file) : List.of();
    if (!now.equals(before)) {
      fail(difference(module, before, now));
    }
  }

  private static String difference(Module module, List<String> before, List<String> now) {
    List<String> added = new ArrayList<>(now);
    added.removeAll(before);
    List<String> removed = new ArrayList<>(before);
    removed.removeAll(now);
    return String.join(
        System.lineSeparator(),
        "What " + module + " shows to others is not what architecture-tests/api says.",
        "Added:",
        String.join(System.lineSeparator(), added),
        "Removed:",
        String.join(System.lineSeparator(), removed),
        "If that is meant, write the listings anew, look at their difference and commit it:",
        "  mvn -pl architecture-tests -am test -Dtest=PublicApiTest"
            + " -Dsurefire.failIfNoSpecifiedTests=false -Dperennial.api.update=true",
        "If it is not, make package-private what need not be public.");
  }

  @Test
  @DisplayName("a listing has each public type with its members, by simple names")
  void listing() {
    JavaClasses fixture = new ClassFileImporter().importClasses(Shown.class, Hidden.class);
    assertThat(PublicApi.of(fixture, type -> true))
        .containsExactly(
            "package dev.perennial.architecture.fixture",
            "abstract sealed class Shown<T extends Number> implements Supplier<T>"
                + " permits Shown.Inner",
            "  static List<String> NAMES",
            "  protected Shown(Map.Entry<String, T>)",
            "  static <X> Shown<?> of(X[], int) throws IOException",
            "  abstract T one()");
  }

  /** Not shown. */
  private static final class Hidden {
    public int shown;
  }

  @Test
  @DisplayName("what differs is told by line, with the way to write it anew")
  void tells() {
    assertThat(difference(Module.CORE, List.of("a", "b"), List.of("b", "c")))
        .contains(
            "perennial-core",
            "Added:" + System.lineSeparator() + "c",
            "Removed:" + System.lineSeparator() + "a",
            "-Dperennial.api.update=true");
  }
}
