package dev.perennial.source.tap;

import dev.perennial.source.tap.TapUnderTest.Setup;
import java.nio.file.Path;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;

/** The same cases on the Tap that {@code TAP_BIN} names. */
@EnabledIfEnvironmentVariable(
    named = "TAP_BIN",
    matches = ".+",
    disabledReason = "the suite against a real Tap needs one: set TAP_BIN=/path/to/tap")
class TapServerTest extends TapServerCases {

  @Override
  TapUnderTest tap(Setup setup, Path folder) throws Exception {
    return new RealTap(setup, folder);
  }
}
