package dev.perennial.simulators.mongo.wire;

import org.bson.BsonDocument;

/**
 * A command as the client sent it.
 *
 * @param legacy whether it came as OP_QUERY, which wants its answer as OP_REPLY
 * @param exhaustAllowed whether more than one reply may follow
 * @param unacknowledged whether the client wants no reply
 */
public record Request(
    int id,
    String name,
    String database,
    BsonDocument command,
    boolean legacy,
    boolean exhaustAllowed,
    boolean unacknowledged) {}
