package dev.perennial.simulators.mongo.storage;

import java.util.function.UnaryOperator;
import org.bson.BsonDocument;
import org.bson.BsonValue;

/**
 * An event that a test made up.
 *
 * @param document its fields; {@code _id} and {@code clusterTime} are added if missing
 * @param key the key that its token is made of
 * @param corruption applied to the bytes before they are sent; the identity for none
 */
public record RawEvent(BsonDocument document, BsonValue key, UnaryOperator<byte[]> corruption) {}
