package dev.perennial.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perennial.simulators.tap.TapEventSpec;
import dev.perennial.source.tap.TapEvent;
import org.junit.jupiter.api.Test;

class TapEventKeysTest {

  @Test
  void areThoseOfTheSimulator() {
    TapEvent identity =
        TapEvent.parse(
            "{\"id\":1,\"type\":\"identity\",\"identity\":{\"did\":\"did:plc:a\",\"handle\":\"a.test\","
                + "\"is_active\":true,\"status\":\"active\"}}");
    assertThat(TapEventKeys.of(identity))
        .contains(TapEventSpec.identityKey("did:plc:a", "a.test", "active"));
  }

  @Test
  void doNotDependOnTheId() {
    assertThat(TapEventKeys.of(TapEvent.parse("{\"id\":18446744073709551615,\"type\":\"label\"}")))
        .contains("{\"id\":$id,\"type\":\"label\"}");
  }

  @Test
  void areEmptyForGarbage() {
    assertThat(TapEventKeys.of(TapEvent.parse("no json"))).isEmpty();
  }
}
