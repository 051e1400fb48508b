package dev.perennial.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perennial.Delivery;
import dev.perennial.DeliveryHandler;
import dev.perennial.StreamListener;
import dev.perennial.StreamListener.Transition;
import dev.perennial.StreamState;
import dev.perennial.testkit.TestDelivery;
import dev.perennial.testkit.TestValue;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The tests of a handler and a listener that the page on testing shows. */
class HandlerTest {

  private final List<String> alerts = new ArrayList<>();

  private final DeliveryHandler<String> handler =
      delivery -> {
        if (delivery.event().isEmpty()) {
          retryLater(delivery);
        }
      };

  private final StreamListener listener =
      new StreamListener() {
        @Override
        public void onTransition(Transition transition) {
          if (transition.to() == StreamState.FAILED) {
            alerts.add("the stream failed");
          }
        }
      };

  private static void retryLater(Delivery<String> delivery) {
    delivery.nack(Duration.ofMinutes(1));
  }

  // tag::handler
  @Test
  void nacksWhatIsNotThereYet() throws Exception {
    TestDelivery<String> delivery = TestDelivery.of("");
    handler.handle(delivery);
    assertThat(delivery.nackedFor()).contains(Duration.ofMinutes(1));
  }

  @Test
  void alertsWhenTheStreamFails() {
    listener.onTransition(
        TestValue.of(Transition.class).with(Transition::to, StreamState.FAILED).make());
    assertThat(alerts).hasSize(1);
  }
  // end::handler
}
