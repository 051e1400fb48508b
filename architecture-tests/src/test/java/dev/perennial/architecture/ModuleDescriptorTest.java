package dev.perennial.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleDescriptor.Exports;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each published module is a Java module of its own that shows its API and nothing else. */
class ModuleDescriptorTest {

  private static final Path BOM = Path.of("../bom/pom.xml");
  private static final Pattern ARTIFACT =
      Pattern.compile("<artifactId>(perennial-(?!parent|bom)[^<]+)</artifactId>");

  static List<Module> published() {
    return Module.allPublished();
  }

  @ParameterizedTest
  @MethodSource("published")
  @DisplayName("has a name, exports all packages but the internal ones, and opens none")
  void descriptor(Module module) {
    ModuleDescriptor descriptor =
        ClassPathModules.descriptor(module.moduleName(ArchitectureTest.ROOT));

    assertThat(descriptor.isAutomatic()).as("automatic").isFalse();
    assertThat(descriptor.isOpen()).as("open").isFalse();
    assertThat(descriptor.opens()).isEmpty();
    assertThat(exported(descriptor))
        .containsExactlyInAnyOrderElementsOf(
            descriptor.packages().stream().filter(name -> !Rules.isInternal(name)).toList());
  }

  /** Exports to a named module do not count. */
  private static Set<String> exported(ModuleDescriptor descriptor) {
    return descriptor.exports().stream()
        .filter(exports -> !exports.isQualified())
        .map(Exports::source)
        .collect(Collectors.toSet());
  }

  @Test
  @DisplayName("the published modules are those of the BOM")
  void allPublished() throws IOException {
    List<String> inBom =
        ARTIFACT.matcher(Files.readString(BOM)).results().map(found -> found.group(1)).toList();

    assertThat(published()).map(Module::artifact).containsExactlyInAnyOrderElementsOf(inBom);
  }
}
