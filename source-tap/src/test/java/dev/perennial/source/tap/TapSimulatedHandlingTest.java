package dev.perennial.source.tap;

import dev.perennial.source.tap.TapUnderTest.Setup;
import java.nio.file.Path;

/** The same handling, of the simulator's events. */
class TapSimulatedHandlingTest extends TapHandlingCases {

  @Override
  TapUnderTest tap(Setup setup, Path folder) {
    return new SimulatedTap(setup);
  }
}
