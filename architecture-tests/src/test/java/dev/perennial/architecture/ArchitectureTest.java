package dev.perennial.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.EvaluationResult;
import dev.perennial.architecture.fixture.ReadsClocks;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The rules hold; each looks at something; and each is broken by a fixture that is there for that.
 */
class ArchitectureTest {

  static final String ROOT = "dev.perennial";
  private static final String FIXTURES = "dev.perennial.architecture.fixture";

  private static final JavaClasses MODULES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages(ROOT);
  private static final JavaClasses BROKEN = new ClassFileImporter().importPackages(FIXTURES);

  static List<Rule> rules() {
    return Rules.all();
  }

  @ParameterizedTest
  @MethodSource("rules")
  @DisplayName("holds")
  void holds(Rule rule) {
    EvaluationResult result = rule.evaluate(MODULES, ROOT);
    assertThat(result.getFailureReport().getDetails()).as(rule.name()).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("rules")
  @DisplayName("looks at something")
  void looksAtSomething(Rule rule) {
    assertThat(rule.looksAt(MODULES, ROOT)).as(rule.name()).isPositive();
  }

  @ParameterizedTest
  @MethodSource("rules")
  @DisplayName("catches the fixture that breaks it")
  void catchesItsFixture(Rule rule) {
    EvaluationResult result = rule.evaluate(BROKEN, FIXTURES);
    assertThat(result.getFailureReport().getDetails())
        .as(rule.name())
        .anyMatch(detail -> detail.contains("." + rule.brokenBy()));
  }

  @Test
  @DisplayName("every kind of clock, chance, wait and thread in the fixture is caught")
  void everyChance() {
    Rule rule =
        rules().stream()
            .filter(each -> each.brokenBy().equals("ReadsClocks"))
            .findFirst()
            .orElseThrow();
    String report =
        String.join("\n", rule.evaluate(BROKEN, FIXTURES).getFailureReport().getDetails());
    Stream.of(ReadsClocks.class.getDeclaredMethods())
        .filter(method -> !method.isSynthetic())
        .forEach(method -> assertThat(report).contains("ReadsClocks." + method.getName() + "("));
  }

  @Test
  @DisplayName("every package belongs to a module, so that no rule overlooks one")
  void everyPackage() {
    Set<String> packages =
        MODULES.stream().map(JavaClass::getPackageName).collect(Collectors.toSet());
    List<String> known =
        Module.ALL.stream().flatMap(module -> Stream.of(module.packages(ROOT))).toList();
    assertThat(packages)
        .allMatch(name ->
            known.stream()
                .anyMatch(pattern ->
                    pattern.endsWith("..")
                        ? (name + ".").startsWith(pattern.substring(0, pattern.length() - 1))
                        : name.equals(pattern)));
  }

  @Test
  @DisplayName("every package is null-marked")
  void nullMarked() {
    List<String> unmarked =
        MODULES.stream()
            .map(JavaClass::getPackage)
            .distinct()
            .filter(each -> each.getClasses().size() > 0)
            .filter(each -> !each.isAnnotatedWith("org.jspecify.annotations.NullMarked"))
            .map(each -> each.getName())
            .filter(each -> !each.endsWith(".jmh_generated"))
            .toList();
    assertThat(unmarked).isEmpty();
  }
}
