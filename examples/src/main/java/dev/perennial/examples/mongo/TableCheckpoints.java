package dev.perennial.examples.mongo;

import dev.perennial.port.Checkpoint;
import dev.perennial.port.CheckpointStore;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.util.Optional;
import javax.sql.DataSource;

/** Keeps checkpoints in a table of the application's own database. */
final class TableCheckpoints {

  private TableCheckpoints() {}

  // tag::two-lambdas
  static CheckpointStore in(DataSource database) {
    return CheckpointStore.of(
        streamId -> {
          try (Connection connection = database.getConnection();
              PreparedStatement select =
                  connection.prepareStatement("SELECT line FROM checkpoint WHERE stream = ?")) {
            select.setString(1, streamId);
            try (ResultSet rows = select.executeQuery()) {
              return rows.next()
                  ? Optional.of(Checkpoint.parse(rows.getString(1)))
                  : Optional.empty();
            }
          }
        },
        (streamId, checkpoint) -> {
          try (Connection connection = database.getConnection();
              PreparedStatement upsert =
                  connection.prepareStatement(
                      "INSERT INTO checkpoint (stream, line) VALUES (?, ?)"
                          + " ON CONFLICT (stream) DO UPDATE SET line = excluded.line")) {
            upsert.setString(1, streamId);
            upsert.setString(2, checkpoint.toLine());
            upsert.executeUpdate();
          }
        });
  }
  // end::two-lambdas
}
