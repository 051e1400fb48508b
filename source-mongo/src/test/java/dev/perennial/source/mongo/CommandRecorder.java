package dev.perennial.source.mongo;

import com.mongodb.event.CommandFailedEvent;
import com.mongodb.event.CommandListener;
import com.mongodb.event.CommandStartedEvent;
import com.mongodb.event.CommandSucceededEvent;
import dev.perennial.source.mongo.internal.position.ResumePosition;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bson.BsonArray;
import org.bson.BsonDocument;
import org.bson.BsonTimestamp;
import org.jspecify.annotations.Nullable;

/** What a source's client sent to the server and got back, the same for every kind of server. */
final class CommandRecorder implements CommandListener {

  /**
   * A cursor that was asked for.
   *
   * @param stage what its first stage, {@code $changeStream}, says
   * @param id the server's name for it; null while there is no answer, and where that is an error
   * @param namespace what it is on, as the server says; null as {@code id}
   */
  record Open(
      BsonDocument stage, BsonDocument command, @Nullable Long id, @Nullable String namespace) {

    Optional<BsonTimestamp> atTime() {
      return Optional.ofNullable(stage.get("startAtOperationTime")).map(t -> t.asTimestamp());
    }

    Optional<BsonDocument> after() {
      return Optional.ofNullable(stage.get("startAfter")).map(t -> t.asDocument());
    }

    Optional<Integer> batchSize() {
      return Optional.ofNullable(command.getDocument("cursor").get("batchSize"))
          .map(size -> size.asNumber().intValue());
    }

    Optional<BsonDocument> resumeAfter() {
      return Optional.ofNullable(stage.get("resumeAfter")).map(t -> t.asDocument());
    }
  }

  private record Sent(int request, Open open) {}

  private final Runnable onOpen;
  // Guarded by this.
  private final List<Sent> opens = new ArrayList<>();
  private final List<String> started = new ArrayList<>();
  private final List<String> failed = new ArrayList<>();
  private final List<Boolean> ends = new ArrayList<>();
  private @Nullable BsonDocument progress;
  private int answers;
  private int events;

  /**
   * @param onOpen run before a cursor is asked for
   */
  CommandRecorder(Runnable onOpen) {
    this.onOpen = onOpen;
  }

  @Override
  public void commandStarted(CommandStartedEvent event) {
    BsonDocument stage = null;
    BsonDocument command = null;
    if (event.getCommandName().equals("aggregate")) {
      command = event.getCommand().clone();
      stage = command.getArray("pipeline").get(0).asDocument().getDocument("$changeStream", null);
    }
    if (stage != null) {
      onOpen.run();
    }
    synchronized (this) {
      started.add(event.getCommandName());
      if (stage != null && command != null) {
        opens.add(new Sent(event.getRequestId(), new Open(stage, command, null, null)));
      }
    }
  }

  @Override
  public synchronized void commandSucceeded(CommandSucceededEvent event) {
    BsonDocument reply = event.getResponse();
    if (event.getCommandName().equals("getMore")) {
      answers++;
    }
    if (reply.get("cursor") instanceof BsonDocument cursor) {
      events += cursor.getArray("nextBatch", new BsonArray()).size();
      if (cursor.get("postBatchResumeToken") instanceof BsonDocument token) {
        progress = BsonDocument.parse(token.toJson());
      }
      long id = cursor.getNumber("id").longValue();
      if (id == 0 && !event.getCommandName().equals("listCollections")) {
        ends.add(cursor.containsKey("postBatchResumeToken"));
      }
      String namespace = cursor.getString("ns").getValue();
      opens.replaceAll(sent ->
          sent.request == event.getRequestId()
              ? new Sent(sent.request, new Open(sent.open.stage, sent.open.command, id, namespace))
              : sent);
    }
  }

  @Override
  public synchronized void commandFailed(CommandFailedEvent event) {
    failed.add(event.getCommandName());
  }

  /** Every cursor that was asked for, in order. */
  synchronized List<Open> all() {
    return opens.stream().map(Sent::open).toList();
  }

  /**
   * Every cursor that the stream went on with, or tried to: without those that only ask whether the
   * server still has the time of the token that the one before was opened at. Such a question gives
   * one event at the most.
   */
  synchronized List<Open> opens() {
    List<Open> streams = new ArrayList<>();
    Open before = null;
    for (Sent sent : opens) {
      if (before == null || !isProbe(sent.open, before)) {
        streams.add(sent.open);
      }
      before = sent.open;
    }
    return streams;
  }

  private static boolean isProbe(Open open, Open before) {
    return open.atTime().isPresent()
        && before.after().isPresent()
        && open.batchSize().equals(Optional.of(1))
        && before.batchSize().isEmpty()
        && ResumePosition.ofToken(before.after().get()).clusterTime().equals(open.atTime());
  }

  Open lastOpen() {
    List<Open> all = opens();
    return all.get(all.size() - 1);
  }

  /** How many commands of a name were sent. */
  synchronized long sent(String name) {
    return started.stream().filter(name::equals).count();
  }

  /** How many commands of a name failed. */
  synchronized long failed(String name) {
    return failed.stream().filter(name::equals).count();
  }

  /** How many getMores were answered without an error. */
  synchronized int answers() {
    return answers;
  }

  /** How many events, or parts of events, came with getMores. */
  synchronized int events() {
    return events;
  }

  /** Of each answer with which the server ended a cursor, whether it had a resume token. */
  synchronized List<Boolean> ends() {
    return List.copyOf(ends);
  }

  /** The newest post-batch resume token. */
  synchronized Optional<ResumePosition> progress() {
    return Optional.ofNullable(progress).map(ResumePosition::ofToken);
  }
}
