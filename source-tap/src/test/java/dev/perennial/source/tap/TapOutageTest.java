package dev.perennial.source.tap;

import dev.perennial.source.tap.TapUnderTest.Setup;
import java.nio.file.Path;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;

/** Outages of the Tap that {@code TAP_BIN} names. */
@EnabledIfEnvironmentVariable(
    named = "TAP_BIN",
    matches = ".+",
    disabledReason = "the outages of a real Tap need one: set TAP_BIN=/path/to/tap")
class TapOutageTest extends TapOutageCases {

  @Override
  TapUnderTest tap(Setup setup, Path folder) throws Exception {
    return new RealTap(setup, folder);
  }
}
