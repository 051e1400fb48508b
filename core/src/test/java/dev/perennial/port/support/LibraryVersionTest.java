package dev.perennial.port.support;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

class LibraryVersionTest {

  @ParameterizedTest
  @ValueSource(strings = {"4.1.99.Final", "4.0.200", "4.1", "3", "4.1.114-SNAPSHOT"})
  void refusesOneThatIsTooOld(String found) {
    assertThatIllegalStateException()
        .isThrownBy(() -> require(found))
        .withMessage(
            "Cannot use Netty "
                + found
                + ": Perennial needs 4.1.115 or newer. Raise the version in your build; with Spring"
                + " Boot, set the property netty.version.");
  }

  @ParameterizedTest
  @NullSource
  @ValueSource(
      strings = {"4.1.115", "4.1.115.Final", "4.1.115.1", "4.2.0.Alpha1", "5", "", "unknown", "v4"})
  void acceptsOneThatIsNotOrNotKnown(@Nullable String found) {
    assertThatCode(() -> require(found)).doesNotThrowAnyException();
  }

  @Test
  @DisplayName("the manifest of another jar that contains the library is ignored")
  void ofTheLibrarysOwnJar() {
    assertThat(LibraryVersion.of(Test.class, "junit-jupiter-api")).startsWith("5.");
    assertThat(LibraryVersion.of(Test.class, "Jackson-annotations")).isNull();
    assertThat(LibraryVersion.of(LibraryVersionTest.class, "perennial-core")).isNull();
  }

  private static void require(@Nullable String found) {
    LibraryVersion.require("Netty", found, "4.1.115", "netty.version");
  }
}
