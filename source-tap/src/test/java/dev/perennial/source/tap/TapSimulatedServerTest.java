package dev.perennial.source.tap;

import dev.perennial.source.tap.TapUnderTest.Setup;
import java.nio.file.Path;

/**
 * The cases of a Tap on the simulator; a difference from a real Tap is an error of the simulator.
 */
class TapSimulatedServerTest extends TapServerCases {

  @Override
  TapUnderTest tap(Setup setup, Path folder) {
    return new SimulatedTap(setup);
  }
}
