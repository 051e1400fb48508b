package dev.perennial.simulators.mongo.storage;

import java.util.function.UnaryOperator;
import org.bson.BsonDocument;
import org.bson.BsonValue;

/**
 * An event as a test made it up.
 *
 * @param document its fields; what it lacks of {@code _id} and {@code clusterTime} is put in
 * @param key what tells its token from others'
 * @param corruption what is done to the bytes before they are sent; the identity for nothing
 */
public record RawEvent(BsonDocument document, BsonValue key, UnaryOperator<byte[]> corruption) {}
