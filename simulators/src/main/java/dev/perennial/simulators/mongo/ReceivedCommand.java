package dev.perennial.simulators.mongo;

import dev.perennial.simulators.mongo.server.Call;
import org.bson.BsonDocument;

/**
 * A command that a client sent.
 *
 * @param name as the client wrote it, such as {@code getMore}
 * @param document all of it, to be read only
 * @param connection the number of its connection, from 1, of all members' together
 * @param member which member received it, from 0
 */
public record ReceivedCommand(
    String name, String database, BsonDocument document, int connection, int member) {

  static ReceivedCommand of(Call call) {
    return new ReceivedCommand(
        call.request().name(),
        call.request().database(),
        call.request().command(),
        call.connection().number(),
        call.member().index());
  }
}
