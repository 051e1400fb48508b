package dev.perennial.source.tap.internal.connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.perennial.port.AckingConnection;
import dev.perennial.port.Channel;
import dev.perennial.port.Transport;
import dev.perennial.port.TransportException.Lost;
import dev.perennial.port.Verdict;
import dev.perennial.source.tap.ManualClock;
import dev.perennial.source.tap.Messages;
import dev.perennial.source.tap.ScriptedTransport;
import dev.perennial.source.tap.TapEvent;
import dev.perennial.source.tap.TapPosition;
import dev.perennial.source.tap.TapSource;
import java.lang.invoke.MethodType;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class IdleTimeoutTransportTest {

  private static final Duration SLICE = Duration.ofMillis(500);

  private final ScriptedTransport transport = new ScriptedTransport();
  private final ManualClock clock = new ManualClock();
  private final TapSource source =
      TapSource.builder(transport).reconnectWhenIdle(Duration.ofSeconds(30)).runtime(clock).build();

  /** Looks so often for half a second each, and finds something or nothing. */
  private boolean look(AckingConnection<TapEvent, TapPosition> connection, int times)
      throws Exception {
    boolean found = false;
    for (int i = 0; i < times; i++) {
      clock.pass(SLICE);
      found |= connection.receive(SLICE) != null;
    }
    return found;
  }

  @Test
  void aConnectionWithoutAnEventIsLostAndTriedAgain() throws Exception {
    transport.channel();
    var connection = source.connect();

    assertThat(look(connection, 59)).isFalse();

    assertThatThrownBy(() -> look(connection, 1))
        .isInstanceOf(Lost.class)
        .hasMessage(
            "connection lost with code 1006: no event came for 30 s, the limit set with"
                + " TapSourceBuilder.reconnectWhenIdle()")
        .satisfies(lost -> assertThat(source.errors().classify(lost)).contains(Verdict.retry()));
  }

  @Test
  void eachEventBeginsTheTimeAnew() throws Exception {
    ScriptedTransport.ScriptedChannel channel = transport.channel();
    var connection = source.connect();

    for (int i = 1; i <= 3; i++) {
      assertThat(look(connection, 59)).isFalse();
      channel.text(Messages.record("" + i));
      assertThat(look(connection, 1)).isTrue();
    }
  }

  @Test
  void anApplicationThatIsBusyElsewhereIsNotIdleness() throws Exception {
    ScriptedTransport.ScriptedChannel channel =
        transport.channel().text(Messages.record("1")).text(Messages.record("2"));
    var connection = source.connect();

    clock.pass(Duration.ofHours(1));
    assertThat(connection.receive(Duration.ZERO)).as("what waits unread").isNotNull();
    clock.pass(Duration.ofHours(1));
    assertThat(connection.receive(Duration.ZERO)).isNotNull();
    for (int i = 0; i < 29; i++) {
      clock.pass(Duration.ofHours(1));
      assertThat(connection.receive(Duration.ZERO)).as("nothing yet, after a pause").isNull();
    }
    channel.text(Messages.record("3"));
    assertThat(connection.receive(Duration.ZERO)).isNotNull();
  }

  @Test
  void eachConnectionHasATimeOfItsOwn() throws Exception {
    transport.channel();
    transport.channel();
    var first = source.connect();
    assertThatThrownBy(() -> look(first, 60)).isInstanceOf(Lost.class);
    first.close(Duration.ZERO);

    assertThat(look(source.connect(), 59)).isFalse();
  }

  @Test
  void passesOnEveryMethod() throws Exception {
    List<String> called = new ArrayList<>();
    Channel channel = recording(Channel.class, called, 0, 7L);
    Transport watch =
        new IdleTimeoutTransport(
            recording(Transport.class, called, channel), Duration.ofSeconds(30), clock);
    Channel watched = watch.open(URI.create("ws://localhost"), Map.of(), SLICE);

    assertThat(watched.confirmed()).isEqualTo(7);
    assertPassesOn(Channel.class, watched, called);
    assertPassesOn(Transport.class, watch, called);
  }

  private static <T> void assertPassesOn(Class<T> type, T wrapper, List<String> called)
      throws Exception {
    for (Method method : type.getMethods()) {
      called.clear();
      Object[] arguments =
          Arrays.stream(method.getParameterTypes())
              .map(IdleTimeoutTransportTest::argument)
              .toArray();
      method.invoke(wrapper, arguments);
      assertThat(called).containsExactly(method.getName());
    }
  }

  private static Object argument(Class<?> type) {
    return type == Duration.class
        ? SLICE
        : type == URI.class
            ? URI.create("ws://localhost")
            : type == Map.class ? Map.of() : new byte[1];
  }

  /** Notes what is called, and gives one of the results, whichever fits. */
  private static <T> T recording(Class<T> type, List<String> called, Object... results) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) -> {
              called.add(method.getName());
              return Arrays.stream(results)
                  .filter(
                      MethodType.methodType(method.getReturnType()).wrap().returnType()::isInstance)
                  .findFirst()
                  .orElse(null);
            }));
  }

  @Test
  void passesOnToTheChannel() throws Exception {
    ScriptedTransport.ScriptedChannel channel = transport.channel().text(Messages.record("1"));
    var connection = source.connect();
    clock.pass(SLICE);
    var received =
        (dev.perennial.port.Received.Event<TapEvent, TapPosition>) connection.receive(SLICE);
    connection.acknowledge(received.position());
    connection.wakeUp();
    channel.unsent = 3;

    assertThat(channel.sent).hasSize(1);
    assertThat(channel.wakeUps).isEqualTo(1);
    assertThat(connection.unsent()).isEqualTo(3);
    connection.close(SLICE);
    assertThat(channel.closedWith).isEqualTo(SLICE);
  }

  @Test
  void itIsOffUnlessSet() throws Exception {
    transport.channel();
    var connection = TapSource.builder(transport).runtime(clock).build().connect();

    assertThat(look(connection, 10_000)).isFalse();
    assertThatThrownBy(() -> TapSource.builder(transport).reconnectWhenIdle(Duration.ZERO))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("reconnectWhenIdle");
  }
}
