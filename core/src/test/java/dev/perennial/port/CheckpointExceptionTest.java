package dev.perennial.port;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perennial.port.CheckpointException.Reason;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class CheckpointExceptionTest {

  @Test
  @DisplayName("each reason has a tag that logs, metrics and alerts can rely on")
  void tags() {
    assertThat(Reason.values())
        .extracting(Reason::tag)
        .containsExactly("unavailable", "corrupt", "mismatch", "claim-lost", "closed");
  }
}
