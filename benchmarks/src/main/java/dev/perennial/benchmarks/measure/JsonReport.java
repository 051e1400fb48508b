package dev.perennial.benchmarks.measure;

import java.util.List;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** All figures of all rounds as JSON. */
public final class JsonReport {

  private static final JsonMapper MAPPER = new JsonMapper();

  private JsonReport() {}

  /** Returns the text. */
  public static String of(Machine machine, List<Report> reports) {
    ObjectNode root = MAPPER.createObjectNode();
    root.put("date", machine.date().toString())
        .put("processors", machine.processors())
        .put("processor", machine.processor())
        .put("system", machine.system())
        .put("java", machine.java())
        .put("load", machine.load());
    ArrayNode tables = root.putArray("tables");
    reports.forEach(report -> add(tables.addObject(), report));
    return root.toPrettyString() + '\n';
  }

  private static void add(ObjectNode table, Report report) {
    table
        .put("name", report.name())
        .put("title", report.title())
        .put("reference", report.reference().id());
    ArrayNode clients = table.putArray("clients");
    for (Result result : report.results()) {
      ObjectNode client = clients.addObject();
      client.put("name", result.contender().id()).put("title", result.contender().title());
      if (result.hasFailed()) {
        client.put("failed", result.reason());
        continue;
      }
      report.rateRatio(result).ifPresent(ratio -> client.put("rateRatio", ratio));
      report.cpuRatio(result).ifPresent(ratio -> client.put("cpuRatio", ratio));
      ArrayNode rounds = client.putArray("rounds");
      for (Round round : result.rounds()) {
        ObjectNode each = rounds.addObject();
        add(each.putObject("first"), round.cold());
        add(each.putObject("measured"), round.steady());
      }
    }
  }

  private static void add(ObjectNode node, Usage usage) {
    node.put("events", usage.events())
        .put("nanos", usage.nanos())
        .put("cpuNanos", usage.cpuNanos())
        .put("allocatedBytes", usage.allocatedBytes());
  }
}
