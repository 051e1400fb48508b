package dev.perennial.cli.tail;

import static org.assertj.core.api.Assertions.assertThat;

import com.mongodb.ConnectionString;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MongoAddressTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "mongodb://localhost",
        "mongodb://localhost:1,b:2/",
        "mongodb://localhost/shop",
        "mongodb://localhost/?replicaSet=rs0",
        "mongodb://localhost/shop?replicaSet=rs0&",
        "mongodb://u:p@localhost"
      })
  void addsASelectionTimeoutBelowTheWait(String address) {
    ConnectionString before = new ConnectionString(address);
    ConnectionString after =
        new ConnectionString(MongoAddress.withSelectionTimeout(address, Duration.ofSeconds(15)));
    assertThat(after.getServerSelectionTimeout()).isEqualTo(5_000);
    assertThat(after.getHosts()).isEqualTo(before.getHosts());
    assertThat(after.getDatabase()).isEqualTo(before.getDatabase());
    assertThat(after.getRequiredReplicaSetName()).isEqualTo(before.getRequiredReplicaSetName());
    assertThat(after.getUsername()).isEqualTo(before.getUsername());
  }

  @Test
  void limitsTheSelectionTimeout() {
    assertThat(MongoAddress.withSelectionTimeout("mongodb://a", Duration.ofHours(1)))
        .isEqualTo("mongodb://a/?serverSelectionTimeoutMS=10000");
  }

  @Test
  void keepsAGivenSelectionTimeout() {
    String address = "mongodb://a/?serverselectiontimeoutms=7";
    assertThat(MongoAddress.withSelectionTimeout(address, Duration.ofSeconds(15)))
        .isEqualTo(address);
  }

  @ParameterizedTest
  @CsvSource({
    "mongodb://a, false",
    "mongodb://a/?authSource=admin, false",
    "mongodb+srv://cluster0.example.org/x, false",
    "mongodb://u:p@a, true",
    "mongodb+srv://u:p@cluster0.example.org, true",
    "mongodb://a/?authMechanism=MONGODB-X509&tls=true, true"
  })
  void detectsCredentials(String address, boolean says) {
    assertThat(MongoAddress.hasCredentials(address)).isEqualTo(says);
  }
}
