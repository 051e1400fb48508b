package dev.perennial.benchmarks.mongo;

import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoClients;
import com.mongodb.client.model.changestream.ChangeStreamDocument;
import dev.perennial.benchmarks.measure.Client;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import org.bson.Document;
import org.springframework.data.mongodb.core.ChangeStreamOptions;
import org.springframework.data.mongodb.core.MongoTemplate;
import org.springframework.data.mongodb.core.messaging.ChangeStreamRequest;
import org.springframework.data.mongodb.core.messaging.ChangeStreamRequest.ChangeStreamRequestOptions;
import org.springframework.data.mongodb.core.messaging.DefaultMessageListenerContainer;
import org.springframework.data.mongodb.core.messaging.Message;
import org.springframework.data.mongodb.core.messaging.MessageListenerContainer;

/** Spring Data's listener container, which calls a listener on a thread of its own. */
final class SpringClient implements Client {

  private final Watched watched;
  private final MongoClient client;
  private final MongoTemplate template;

  SpringClient(Watched watched) {
    this.watched = watched;
    this.client = MongoClients.create(watched.uri());
    this.template = new MongoTemplate(client, watched.database());
  }

  @Override
  public long read(int events) throws InterruptedException {
    long sum = 0;
    for (int left = events; left > 0; left -= watched.count()) {
      sum += readOnce(Math.min(left, watched.count()));
    }
    return sum;
  }

  private long readOnce(int events) throws InterruptedException {
    Listener listener = new Listener(events);
    MessageListenerContainer container = new DefaultMessageListenerContainer(template);
    container.start();
    ChangeStreamOptions from = ChangeStreamOptions.builder().resumeAt(watched.start()).build();
    container.register(
        new ChangeStreamRequest<>(
            listener::handle,
            new ChangeStreamRequestOptions(watched.database(), watched.collection(), from)),
        Order.class);
    listener.done.await();
    container.stop();
    return listener.sum;
  }

  @Override
  public void close() {
    client.close();
  }

  /** Handles events, on the container's thread. */
  private static final class Listener {
    private final CountDownLatch done = new CountDownLatch(1);
    private final LastToken last = new LastToken();
    private int left;
    private long sum;

    Listener(int events) {
      this.left = events;
    }

    void handle(Message<ChangeStreamDocument<Document>, Order> message) {
      if (left == 0) {
        // The container is about to stop.
        return;
      }
      sum += Objects.requireNonNull(message.getBody()).total();
      last.handled(Objects.requireNonNull(message.getRaw()).getResumeToken());
      if (--left == 0) {
        done.countDown();
      }
    }
  }
}
