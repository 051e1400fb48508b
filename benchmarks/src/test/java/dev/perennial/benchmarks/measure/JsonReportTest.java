package dev.perennial.benchmarks.measure;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class JsonReportTest {

  @Test
  @DisplayName("JSON has the figures of each round, ratios where there are some, and failures")
  void figures() {
    Report report =
        Reports.of(
            Reports.result(Clients.PEER, 5, 5, 5, 5, 5),
            Reports.result(Clients.OTHER_PEER, 4, 5, 5, 5, 5),
            Reports.failed(Clients.FAILING, "no \"route\""));
    JsonNode root = new JsonMapper().readTree(JsonReport.of(Reports.MACHINE, List.of(report)));
    assertThat(root.path("date").asString()).isEqualTo("2026-11-29");
    JsonNode table = root.path("tables").path(0);
    assertThat(table.path("name").asString()).isEqualTo("tap");
    JsonNode clients = table.path("clients");
    assertThat(clients.path(1).path("cpuRatio").asDouble()).isEqualTo(2.5);
    assertThat(clients.path(1).path("rounds")).hasSize(5);
    JsonNode measured = clients.path(1).path("rounds").path(4).path("measured");
    assertThat(measured.path("events").asLong()).isEqualTo(1_000);
    assertThat(measured.path("cpuNanos").asLong()).isEqualTo(5_000_000);
    assertThat(clients.path(2).has("cpuRatio")).isFalse();
    assertThat(clients.path(3).path("failed").asString()).isEqualTo("no \"route\"");
    assertThat(clients.path(3).has("rounds")).isFalse();
  }
}
