package dev.perennial.source.tap;

import dev.perennial.source.tap.TapUnderTest.Setup;
import java.nio.file.Path;

/**
 * The cases of a real Tap, on the simulator: what one shows and the other does not is a mistake of
 * the simulator.
 */
class TapSimulatedServerTest extends TapServerCases {

  @Override
  TapUnderTest tap(Setup setup, Path folder) {
    return new SimulatedTap(setup);
  }
}
