package dev.perennial.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleFinder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * What the class path of the tests has, as modules: libraries, and the modules of the build, which
 * are jars or, before the build packages them, folders.
 */
final class ClassPathModules {

  private static final ModuleFinder FINDER =
      ModuleFinder.of(
          Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
              .map(Path::of)
              .filter(ClassPathModules::isModule)
              .toArray(Path[]::new));

  private ClassPathModules() {}

  private static boolean isModule(Path entry) {
    return Files.isRegularFile(entry) || Files.exists(entry.resolve("module-info.class"));
  }

  /** What the module of this name says of itself. */
  static ModuleDescriptor descriptor(String name) {
    return FINDER
        .find(name)
        .orElseThrow(() -> new AssertionError("no module " + name))
        .descriptor();
  }

  /** Where the module of this name is; if the name ends in {@code .*}, where all below it are. */
  static Stream<Path> named(String name) {
    Predicate<String> wanted =
        name.endsWith(".*")
            ? each -> each.startsWith(name.substring(0, name.length() - 1))
            : name::equals;
    List<Path> found =
        FINDER.findAll().stream()
            .filter(each -> wanted.test(each.descriptor().name()))
            .map(each -> Path.of(each.location().orElseThrow()))
            .toList();
    assertThat(found).as("modules on the class path called %s", name).isNotEmpty();
    return found.stream();
  }
}
