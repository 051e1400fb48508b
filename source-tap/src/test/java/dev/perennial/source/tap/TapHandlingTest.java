package dev.perennial.source.tap;

import dev.perennial.source.tap.TapUnderTest.Setup;
import java.nio.file.Path;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;

/** The handling of the events of the Tap that {@code TAP_BIN} names. */
@EnabledIfEnvironmentVariable(
    named = "TAP_BIN",
    matches = ".+",
    disabledReason = "the handling of a real Tap's events needs one: set TAP_BIN=/path/to/tap")
class TapHandlingTest extends TapHandlingCases {

  @Override
  TapUnderTest tap(Setup setup, Path folder) throws Exception {
    return new RealTap(setup, folder);
  }
}
