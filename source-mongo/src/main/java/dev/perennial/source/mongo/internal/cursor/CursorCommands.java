package dev.perennial.source.mongo.internal.cursor;

import com.mongodb.MongoClientSettings;
import com.mongodb.MongoCommandException;
import com.mongodb.ReadPreference;
import com.mongodb.ServerAddress;
import com.mongodb.client.ClientSession;
import com.mongodb.client.MongoClient;
import com.mongodb.connection.ServerDescription;
import dev.perennial.source.mongo.internal.client.ServerPin;
import dev.perennial.source.mongo.internal.position.NewestClusterTime;
import java.util.List;
import org.bson.BsonArray;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonInt64;
import org.bson.BsonString;
import org.bson.codecs.configuration.CodecRegistries;
import org.bson.codecs.configuration.CodecRegistry;

/**
 * The commands of one cursor. They share a session, as the server requires, and go to one server.
 * The driver sends each as it is and repeats none of them, except one that an overloaded server has
 * not begun. It may send that one to another mongos, which does not know the cursor, so that the
 * stream reopens it.
 */
final class CursorCommands {

  /** The source's own codecs, independent of what the client's registry lacks or overrides. */
  private static final CodecRegistry CODECS =
      CodecRegistries.fromRegistries(
          CodecRegistries.fromCodecs(new Reply.Codec()),
          MongoClientSettings.getDefaultCodecRegistry());

  private final MongoClient client;
  private final ClientSession session;
  private final ServerPin server;
  private final ReadPreference preference;
  private final NewestClusterTime newestTime;

  /**
   * @param session the session, which the commands own
   * @param preference the read preference of all commands
   */
  CursorCommands(
      MongoClient client,
      ClientSession session,
      ServerPin server,
      ReadPreference preference,
      NewestClusterTime newestTime) {
    this.client = client;
    this.session = session;
    this.server = server;
    this.preference = preference;
    this.newestTime = newestTime;
  }

  ServerPin server() {
    return server;
  }

  /** Sends an aggregate or a getMore. */
  Reply run(String database, BsonDocument command) {
    Reply reply = send(database, command, Reply.class);
    newestTime.see(session);
    BsonDocument error = reply.error();
    if (error != null) {
      ServerDescription known = server.server();
      ServerAddress from = known == null ? new ServerAddress("unknown") : known.getAddress();
      throw new MongoCommandException(error.append("ok", new BsonInt32(0)), from);
    }
    return reply;
  }

  /**
   * Kills the cursor.
   *
   * @param idle whether no other command is under way; the session allows only one at a time
   */
  void kill(Reply cursor, boolean idle) {
    String database = cursor.namespace().getDatabaseName();
    BsonDocument command =
        new BsonDocument("killCursors", new BsonString(cursor.namespace().getCollectionName()))
            .append("cursors", new BsonArray(List.of(new BsonInt64(cursor.cursor()))));
    if (idle) {
      send(database, command, BsonDocument.class);
    } else {
      server.call(() -> client.getDatabase(database).runCommand(command, readPreference()));
    }
  }

  private <T> T send(String database, BsonDocument command, Class<T> reply) {
    return server.call(() ->
        client
            .getDatabase(database)
            .withCodecRegistry(CODECS)
            .runCommand(session, command, readPreference(), reply));
  }

  /** Returns a preference that allows the server, which may have become a secondary meanwhile. */
  private ReadPreference readPreference() {
    ServerDescription known = server.server();
    return known != null && known.isReplicaSetMember() ? ReadPreference.nearest() : preference;
  }

  /** Gives the session back; asks no server. */
  void close() {
    session.close();
  }
}
