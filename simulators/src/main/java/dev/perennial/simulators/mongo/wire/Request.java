package dev.perennial.simulators.mongo.wire;

import org.bson.BsonDocument;

/**
 * A command as it came in.
 *
 * @param legacy whether it came as OP_QUERY, which wants its answer as OP_REPLY
 * @param exhaustAllowed whether it may be answered by more than one message
 * @param unacknowledged whether no answer is wanted
 */
public record Request(
    int id,
    String name,
    String database,
    BsonDocument command,
    boolean legacy,
    boolean exhaustAllowed,
    boolean unacknowledged) {}
