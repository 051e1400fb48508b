package dev.perennial.architecture;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.conditions.ArchConditions.dependOnClassesThat;
import static com.tngtech.archunit.lang.conditions.ArchConditions.never;
import static com.tngtech.archunit.lang.conditions.ArchConditions.onlyDependOnClassesThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.Architectures;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import com.tngtech.archunit.library.dependencies.SlicesRuleDefinition;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/** The rules of the design. */
final class Rules {

  /** The part of a package name that marks it as internal to its module. */
  private static final String INTERNAL = ".internal.";

  private Rules() {}

  static List<Rule> all() {
    List<Rule> rules = new ArrayList<>();
    Module.ALL.forEach(module -> rules.add(usesWhatItMay(module)));
    rules.add(portsAreBare());
    rules.add(supportSeesPorts());
    rules.add(adaptersSeePortsAndValues());
    rules.add(confined("Netty", "io.netty..", "ConfinedNetty"));
    rules.add(confined("Jackson", "tools.jackson..", "ConfinedJackson"));
    rules.add(confined("BSON", "org.bson..", "ConfinedBson"));
    rules.add(confined("the MongoDB driver", "com.mongodb..", "ConfinedMongoDriver"));
    rules.add(confined("Lettuce", "io.lettuce..", "ConfinedLettuce"));
    rules.add(confined("Failsafe", "dev.failsafe..", "ConfinedFailsafe"));
    rules.add(driverInternalsAreNotUsed());
    rules.add(noCycles());
    rules.add(coresInternalsSeeWhatComesBefore());
    rules.add(onlyFactoriesSeeCoresInternals());
    Module.WITH_INTERNALS.forEach(module -> {
      rules.add(internalsAreItsOwn(module));
      if (module != Module.CORE) {
        rules.add(noCycleOfInternals(module));
      }
    });
    rules.add(noCircleOfClasses());
    rules.add(onlyTheRuntimeReadsClocks());
    rules.add(noServiceLoader());
    rules.add(noRegistry());
    rules.add(noConsole());
    return rules;
  }

  private static Rule usesWhatItMay(Module module) {
    return Rule.of(
        module.artifact() + " uses what the design's table lets it use",
        root -> in(root, module),
        root -> onlyDependOnClassesThat(resideInAnyPackage(module.allowed(root)).or(primitive())),
        fixtureOf(module, "UsesTooMuch"));
  }

  private static String fixtureOf(Module module, String what) {
    String name = module.artifact().substring("perennial-".length());
    StringBuilder fixture = new StringBuilder();
    for (String word : name.split("-")) {
      fixture.append(Character.toUpperCase(word.charAt(0))).append(word.substring(1));
    }
    return fixture + what;
  }

  private static Rule portsAreBare() {
    return Rule.of(
        "ports depend on the JDK and JSpecify only, and never on the facade",
        root -> resideInAPackage(root + ".port"),
        root ->
            onlyDependOnClassesThat(
                resideInAnyPackage("java..", "org.jspecify..", root + ".port").or(primitive())),
        "PortSeesFacade");
  }

  private static Rule supportSeesPorts() {
    return Rule.of(
        "support for adapters depends on the JDK, JSpecify and the ports only",
        root -> resideInAPackage(root + ".port.support"),
        root ->
            onlyDependOnClassesThat(
                resideInAnyPackage(
                        "java..", "org.jspecify..", root + ".port", root + ".port.support")
                    .or(primitive())),
        "SupportSeesFacade");
  }

  private static Rule adaptersSeePortsAndValues() {
    return Rule.of(
        "adapters see the ports, and of the facade values and the port of dead letter sinks only",
        root -> in(root, Module.ADAPTERS),
        root ->
            never(
                dependOnClassesThat(
                    resideInAPackage(root)
                        .and(DescribedPredicate.not(valueType()))
                        .and(DescribedPredicate.not(within(root + ".DeadLetterSink")))
                        .and(DescribedPredicate.not(within(root + ".Delivery"))))),
        "AdapterSeesFacade");
  }

  private static DescribedPredicate<JavaClass> valueType() {
    return DescribedPredicate.describe(
        "are values",
        type -> type.isRecord() || type.isEnum() || type.isAssignableTo(Throwable.class));
  }

  /** Says of one library what the table says of each module. */
  private static Rule confined(String what, String packages, String brokenBy) {
    List<Module> allowed =
        Module.ALL.stream().filter(module -> module.uses().contains(packages)).toList();
    return Rule.of(
        what + " is seen by " + allowed + " only",
        root -> in(root, Module.ALL.stream().filter(module -> !allowed.contains(module)).toList()),
        root -> never(dependOnClassesThat(resideInAPackage(packages))),
        brokenBy);
  }

  private static Rule driverInternalsAreNotUsed() {
    return Rule.of(
        "of the MongoDB driver only what is public is used",
        root -> in(root, Module.ALL),
        root -> never(dependOnClassesThat(resideInAPackage("com.mongodb.internal.."))),
        "DriverInternals");
  }

  private static Rule internalsAreItsOwn(Module module) {
    return Rule.of(
        "the internals of " + module + " are used by that module only",
        root -> in(root, Module.ALL.stream().filter(other -> other != module).toList()),
        root -> never(dependOnClassesThat(resideInAPackage(module.internals(root)))),
        fixtureOf(module, "InternalsUsed"));
  }

  /** The one circle that is let be is that of the API's factory methods and what they make. */
  private static Rule noCycles() {
    return noCycles(
        "packages are free of cycles, internal ones counted as their API's",
        Module.ALL,
        Rules::api,
        "CycleOne");
  }

  /** Core's internal packages; each may use those before it. */
  private static final List<String> CORES_INTERNALS =
      List.of("stream", "window", "checkpoint", "connection", "engine");

  private static Rule coresInternalsSeeWhatComesBefore() {
    String name = "core's internal packages depend on those before them only";
    return new Rule(
        name,
        root -> resideInAPackage(root + ".internal.."),
        root -> {
          Architectures.LayeredArchitecture layers =
              Architectures.layeredArchitecture()
                  .consideringOnlyDependenciesInLayers()
                  .withOptionalLayers(true);
          for (String each : CORES_INTERNALS) {
            layers = layers.layer(each).definedBy(root + ".internal." + each);
          }
          for (int i = 0; i < CORES_INTERNALS.size(); i++) {
            Architectures.LayeredArchitecture.LayerDependencySpecification layer =
                layers.whereLayer(CORES_INTERNALS.get(i));
            layers =
                i == 0
                    ? layer.mayNotAccessAnyLayer()
                    : layer.mayOnlyAccessLayers(
                        CORES_INTERNALS.subList(0, i).toArray(String[]::new));
          }
          return layers.as(name);
        },
        "WindowSeesEngine");
  }

  private static Rule onlyFactoriesSeeCoresInternals() {
    return Rule.of(
        "of core's API only the factories see the internals",
        root -> resideInAPackage(root).and(DescribedPredicate.not(factory(root))),
        root -> never(dependOnClassesThat(resideInAPackage(root + ".internal.."))),
        "FacadeSeesInternals");
  }

  private static DescribedPredicate<JavaClass> factory(String root) {
    return within(root + ".EventStream")
        .or(within(root + ".EventStreamBuilder"))
        .or(within(root + ".Checkpoints"))
        .or(within(root + ".Handling"));
  }

  private static Rule noCycleOfInternals(Module module) {
    return noCycles(
        "the internal packages of " + module + " are free of cycles",
        List.of(module),
        name -> isInternal(name) ? name : "",
        fixtureOf(module, "CycleOne"));
  }

  static boolean isInternal(String packageName) {
    return (packageName + ".").contains(INTERNAL);
  }

  private static String api(String packageName) {
    return isInternal(packageName)
        ? packageName.substring(0, (packageName + ".").indexOf(INTERNAL))
        : packageName;
  }

  private static Rule noCycles(
      String name, List<Module> modules, UnaryOperator<String> slice, String brokenBy) {
    return new Rule(
        name,
        root -> in(root, modules),
        root -> {
          ArchRule rule =
              SlicesRuleDefinition.slices()
                  .assignedFrom(new ByPackage(in(root, modules), slice))
                  .should()
                  .beFreeOfCycles();
          return rule.as(name);
        },
        brokenBy);
  }

  /**
   * Classes are in the slice of their package.
   *
   * @param slice gives a package its slice; the empty one is not looked at
   */
  private record ByPackage(DescribedPredicate<JavaClass> about, UnaryOperator<String> slice)
      implements SliceAssignment {
    @Override
    public SliceIdentifier getIdentifierOf(JavaClass type) {
      String name = about.test(type) ? slice.apply(type.getPackageName()) : "";
      return name.isEmpty() ? SliceIdentifier.ignore() : SliceIdentifier.of(name);
    }

    @Override
    public String getDescription() {
      return "every package";
    }
  }

  private static Rule noCircleOfClasses() {
    return Rule.of(
        "classes are free of circles, sealed types and the API's factory methods aside",
        root -> in(root, Module.WITH_INTERNALS),
        root -> new ClassCircle(),
        "ClassOne");
  }

  private static Rule onlyTheRuntimeReadsClocks() {
    return Rule.of(
        "in core only the runtime reads clocks or randomness, waits, or starts threads",
        root ->
            in(root, Module.CORE)
                .and(DescribedPredicate.not(within(root + ".port.SystemRuntime")))
                // It may use an executor of the application.
                .and(DescribedPredicate.not(within(root + ".internal.handling.Workers"))),
        root -> new Chance(),
        "ReadsClocks");
  }

  private static DescribedPredicate<JavaClass> within(String name) {
    return DescribedPredicate.describe(
        "are within " + name,
        type -> type.getName().equals(name) || type.getName().startsWith(name + "$"));
  }

  private static Rule noServiceLoader() {
    return Rule.of(
        "what is used is passed in, never looked up",
        root -> in(root, Module.ALL),
        root -> never(dependOnClassesThat(assignableTo(ServiceLoader.class))),
        "LooksUp");
  }

  private static Rule noRegistry() {
    return Rule.of(
        "no published module has a static registry, but those of paths that this process has locked",
        root ->
            in(
                    root,
                    Module.allPublished().stream()
                        .filter(module -> module != Module.CHECKPOINT_FILE)
                        .toList())
                .and(
                    DescribedPredicate.not(
                        within(root + ".deadletter.file.internal.DirectoryLock")))
                // Keeps its idle threads for the next run; nobody finds anything by them.
                .and(DescribedPredicate.not(within(root + ".testkit.internal.CarrierThread"))),
        root -> new StaticState(),
        "Registry");
  }

  private static Rule noConsole() {
    return Rule.of(
        "published modules log through SLF4J or not at all",
        root -> in(root, Module.allPublished()),
        root -> new Console(),
        "Prints");
  }

  private static DescribedPredicate<JavaClass> in(String root, Module module) {
    return in(root, List.of(module));
  }

  private static DescribedPredicate<JavaClass> in(String root, List<Module> modules) {
    return resideInAnyPackage(
        modules.stream()
            .flatMap(module -> Stream.of(module.packages(root)))
            .toArray(String[]::new));
  }

  /** Primitive types and arrays of them have no package. */
  private static DescribedPredicate<JavaClass> primitive() {
    return DescribedPredicate.describe(
        "are primitive", type -> type.getBaseComponentType().isPrimitive());
  }
}
