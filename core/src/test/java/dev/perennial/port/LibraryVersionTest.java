package dev.perennial.port;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import org.jspecify.annotations.Nullable;
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

  private static void require(@Nullable String found) {
    LibraryVersion.require("Netty", found, "4.1.115", "netty.version");
  }
}
