package dev.perennial.checkpoint.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perennial.port.Checkpoint;
import dev.perennial.simulators.redis.RedisServer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What the server itself wrote down about the claims on "orders" and the saves under each. */
final class SaveHistory {

  /** Between the end of a claim that ran out and the next claim. */
  private final List<Duration> vacancies = new ArrayList<>();

  private final List<String> claims = new ArrayList<>();
  private int saves;

  private SaveHistory() {}

  List<Duration> vacancies() {
    return vacancies;
  }

  int saves() {
    return saves;
  }

  /** The epochs, in order. */
  List<String> claims() {
    return claims;
  }

  /**
   * Reads it all and checks that epochs grow, that saves under one epoch come from one claim, that
   * no claim saves under two epochs, and that the saves' numbers grow.
   */
  static SaveHistory check(RedisServer redis) throws Exception {
    SaveHistory log = new SaveHistory();
    Set<String> over = new HashSet<>();
    String saving = null;
    long epoch = 0;
    long last = 0;
    long number = 0;
    Instant ends = null;
    for (List<String> command : redis.writes()) {
      if (command.size() < 2 || !command.get(1).equals(StoreFixtures.KEY)) {
        continue;
      }
      Map<String, String> fields = fields(command);
      if (command.get(0).equalsIgnoreCase("HDEL") && command.contains("owner")) {
        ends = null;
      }
      if (fields.containsKey("epoch")) {
        long next = Long.parseLong(fields.get("epoch"));
        assertThat(next).as("the epoch of the next claim").isGreaterThan(epoch);
        epoch = next;
        log.claims.add(fields.get("epoch"));
        if (ends != null) {
          Duration vacancy =
              Duration.between(ends, Instant.ofEpochMilli(Long.parseLong(fields.get("claimed"))));
          assertThat(vacancy)
              .as("from the end of a claim to the next")
              .isGreaterThanOrEqualTo(Duration.ZERO);
          log.vacancies.add(vacancy);
        }
        if (saving != null) {
          over.add(saving);
        }
        saving = null;
        number = 0;
      }
      if (fields.containsKey("claim-expires")) {
        ends = Instant.ofEpochMilli(Long.parseLong(fields.get("claim-expires")));
      }
      if (fields.containsKey("checkpoint") && !fields.containsKey("epoch")) {
        String[] position =
            Checkpoint.parse(fields.get("checkpoint")).position().split(" (?=\\d+$)", 2);
        assertThat(over).as("claims that were overtaken").doesNotContain(position[0]);
        if (saving == null) {
          saving = position[0];
        }
        assertThat(position[0]).as("who saves under epoch " + epoch).isEqualTo(saving);
        assertThat(Long.parseLong(position[1])).as("what it saves").isGreaterThan(number);
        number = Long.parseLong(position[1]);
        long save = Long.parseLong(fields.get("save"));
        assertThat(save).as("the save's number").isGreaterThan(last);
        last = save;
        log.saves++;
      }
    }
    return log;
  }

  private static Map<String, String> fields(List<String> command) {
    Map<String, String> fields = new HashMap<>();
    if (command.get(0).equalsIgnoreCase("HSET")) {
      for (int i = 2; i + 1 < command.size(); i += 2) {
        fields.put(command.get(i), command.get(i + 1));
      }
    }
    return fields;
  }
}
