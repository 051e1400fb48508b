package dev.perennial.source.mongo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ScopeTest {

  @Test
  void readsWords() {
    assertThat(Scope.parse("*")).isEqualTo(Scope.cluster());
    assertThat(Scope.parse("shop")).isEqualTo(Scope.database("shop"));
    assertThat(Scope.parse(" shop.orders ")).isEqualTo(Scope.collection("shop", "orders"));
    assertThat(Scope.parse("shop.orders.open")).isEqualTo(Scope.collection("shop", "orders.open"));
    assertThat(Scope.parse("b.c", "a.b", "b.c")).isEqualTo(Scope.collections("a.b", "b.c"));
    assertThat(Scope.parse("a.b", "a.b")).isEqualTo(Scope.collection("a", "b"));
  }

  @Test
  void refusesAWholeDatabaseAmongSeveral() {
    assertThatThrownBy(() -> Scope.parse("shop", "crm.users"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("\"shop\"");
    assertThatThrownBy(() -> Scope.parse("crm.users", "*"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(Scope::parse).isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "shop.", ".orders", "a b.c", "a/b"})
  void refusesWhatIsNoName(String word) {
    assertThatThrownBy(() -> Scope.parse(word))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("\": it is not a name of a ");
  }

  @Test
  void refusesACollectionWithoutItsDatabase() {
    assertThatThrownBy(() -> Scope.collections("orders"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("database.collection");
  }

  @Test
  void patternsAreEqualByWhatTheySay() {
    Scope scope = Scope.matching(Pattern.compile("a.*"));

    assertThat(scope)
        .isEqualTo(Scope.matching(Pattern.compile("a.*")))
        .hasSameHashCodeAs(Scope.matching(Pattern.compile("a.*")))
        .isNotEqualTo(Scope.matching(Pattern.compile("a.*", Pattern.CASE_INSENSITIVE)))
        .isNotEqualTo(Scope.matching(Pattern.compile("b.*")));
    assertThatThrownBy(() -> Scope.matching(Pattern.compile("a", Pattern.UNICODE_CASE)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("flags");
  }

  @Test
  void hasAShortText() {
    assertThat(Scope.cluster()).hasToString("*");
    assertThat(Scope.database("shop")).hasToString("shop");
    assertThat(Scope.collection("shop", "orders")).hasToString("shop.orders");
    assertThat(Scope.collections("b.c", "a.b")).hasToString("a.b, b.c");
    assertThat(Scope.matching(Pattern.compile("a\\..*"))).hasToString("namespaces like a\\..*");
  }
}
