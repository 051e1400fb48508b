package dev.perennial.cli.console;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AddressesTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "redis://127.0.0.1:6379/2 | redis://127.0.0.1:6379/2",
        "rediss://user:geheim@[::1]:6379 | rediss://[::1]:6379",
        "mongodb://u:geheim@a:1,b:2/shop?replicaSet=rs0 | mongodb://a:1,b:2/shop",
        "mongodb+srv://u:geheim@cluster0.example.org/?authSource=admin | mongodb+srv://cluster0.example.org/",
        "redis://geheim@[fe80::1%25eth0]:6379 | redis://[fe80::1%25eth0]:6379",
        "redis://geheim@bücher.test/1 | redis://bücher.test/1",
        "redis-sentinel://geheim@a:1,b:2/0?sentinelMasterId=m#x | redis-sentinel://a:1,b:2/0"
      })
  void keepsSchemeHostsAndPath(String address, String shown) {
    assertThat(Addresses.withoutSecrets(address)).isEqualTo(shown);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "mongodb://user:ge@heim@host/db",
        "mongodb://user:ge/heim@host",
        "mongodb://user:geheim@heim?x@host",
        "mongodb://user:geheim",
        "mongodb://host/?password=geheim",
        "mongodb://host/?p=a@geheim&b",
        "user:geheim@host",
      })
  void neverShowsAPassword(String address) {
    assertThat(Addresses.withoutSecrets(address)).doesNotContain("heim");
  }

  @Test
  void hidesHostsThatItCannotRecognize() {
    assertThat(Addresses.withoutSecrets("mongodb://a b")).isEqualTo("mongodb://…");
  }
}
