package dev.perennial.source.tap;

import dev.perennial.source.tap.TapUnderTest.Setup;
import java.nio.file.Path;

/** The same outages, of the simulator. */
class TapSimulatedOutageTest extends TapOutageCases {

  @Override
  TapUnderTest tap(Setup setup, Path folder) {
    return new SimulatedTap(setup);
  }
}
