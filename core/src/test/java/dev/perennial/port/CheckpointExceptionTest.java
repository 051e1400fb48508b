package dev.perennial.port;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perennial.port.CheckpointException.Reason;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class CheckpointExceptionTest {

  @Test
  @DisplayName("the tags of the reasons are stable")
  void tags() {
    assertThat(Reason.values())
        .extracting(Reason::tag)
        .containsExactly("unavailable", "corrupt", "mismatch", "claim-lost", "claimed", "closed");
  }
}
