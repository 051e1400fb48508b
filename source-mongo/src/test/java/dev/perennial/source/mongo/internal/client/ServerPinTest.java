package dev.perennial.source.mongo.internal.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.mongodb.MongoServerUnavailableException;
import com.mongodb.ServerAddress;
import com.mongodb.connection.ClusterConnectionMode;
import com.mongodb.connection.ClusterDescription;
import com.mongodb.connection.ClusterType;
import com.mongodb.connection.ServerConnectionState;
import com.mongodb.connection.ServerDescription;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ServerPinTest {

  private final ServerPin.Selector selector = new ServerPin.Selector(null);
  private final ServerPin pin = selector.newPin();

  private static List<ServerDescription> servers(int... ports) {
    return IntStream.of(ports)
        .mapToObj(port ->
            ServerDescription.builder()
                .address(new ServerAddress("localhost", port))
                .state(ServerConnectionState.CONNECTED)
                .ok(true)
                .build())
        .toList();
  }

  private List<ServerDescription> select(List<ServerDescription> candidates) {
    return selector.select(
        new ClusterDescription(
            ClusterConnectionMode.MULTIPLE, ClusterType.REPLICA_SET, candidates));
  }

  private ServerAddress pinned() {
    return Objects.requireNonNull(pin.server()).getAddress();
  }

  @Test
  void theFirstCallChoosesAServerAndLaterCallsGoThere() {
    List<ServerDescription> servers = servers(1, 2, 3);
    List<ServerDescription> chosen = pin.call(() -> select(servers));

    assertThat(chosen).hasSize(1);
    for (int i = 0; i < 20; i++) {
      assertThat(pin.call(() -> select(servers))).isEqualTo(chosen);
    }
  }

  @Test
  void aCallFailsIfItsServerIsNotThere() {
    pin.call(() -> select(servers(1)));

    assertThatThrownBy(() -> pin.call(() -> select(servers(2, 3))))
        .isInstanceOf(MongoServerUnavailableException.class)
        .hasMessageContaining("localhost:1");
  }

  @Test
  void onlyTheFirstSelectionOfACallGoesToItsServer() {
    List<ServerDescription> others = servers(2, 3);

    // An encrypting client looks for its keys while it reads a reply.
    assertThat(
            pin.<List<ServerDescription>>call(() -> {
              select(servers(1));
              return select(others);
            }))
        .isEqualTo(others);
    assertThat(pinned().getPort()).isEqualTo(1);
    assertThat(
            pin.<List<ServerDescription>>call(() -> {
              select(servers(1, 2));
              return select(others);
            }))
        .isEqualTo(others);
    assertThat(pinned().getPort()).isEqualTo(1);
  }

  @Test
  void aSelectionThatFindsNoServerIsRepeated() {
    List<ServerDescription> chosen =
        pin.call(() -> {
          assertThat(select(List.of())).isEmpty();
          return select(servers(1, 2));
        });

    assertThat(chosen).hasSize(1);
    assertThat(chosen.get(0).getAddress()).isEqualTo(pinned());
  }

  @Test
  void callsWithoutAPinGoAnywhere() {
    pin.call(() -> select(servers(1)));

    assertThat(select(servers(1, 2, 3))).hasSize(3);
  }
}
