package dev.perennial.architecture;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.EvaluationResult;
import java.util.function.Function;

/**
 * A rule over the classes under a root package: the real one, or that of the fixtures.
 *
 * @param name what it demands
 * @param about which classes it looks at
 * @param rule the rule itself
 * @param brokenBy the simple name of the fixture that breaks it
 */
record Rule(
    String name,
    Function<String, DescribedPredicate<JavaClass>> about,
    Function<String, ArchRule> rule,
    String brokenBy) {

  static Rule of(
      String name,
      Function<String, DescribedPredicate<JavaClass>> about,
      Function<String, ArchCondition<? super JavaClass>> condition,
      String brokenBy) {
    return new Rule(
        name,
        about,
        root -> classes().that(about.apply(root)).should(condition.apply(root)).as(name),
        brokenBy);
  }

  EvaluationResult evaluate(JavaClasses classes, String root) {
    return rule.apply(root).evaluate(classes);
  }

  int looksAt(JavaClasses classes, String root) {
    return classes.that(about.apply(root)).size();
  }

  @Override
  public String toString() {
    return name;
  }
}
