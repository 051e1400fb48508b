package dev.perennial.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perennial.StreamState;
import dev.perennial.cli.demo.ConsumerMessage.Changed;
import dev.perennial.cli.demo.ConsumerMessage.Figures;
import dev.perennial.cli.demo.ConsumerMessage.Handled;
import dev.perennial.cli.demo.ConsumerMessage.Said;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ConsumerMessageTest {

  static Stream<ConsumerMessage> messages() {
    return Stream.of(
        new Handled("1700000000.3 insert BsonInt32{value=7}"),
        new Said(true, "well\tagain"),
        new Said(false, ""),
        new Changed(StreamState.BACKING_OFF),
        new Figures(1, 2, 3, 4));
  }

  @ParameterizedTest
  @MethodSource("messages")
  void isOneLine(ConsumerMessage message) {
    assertThat(message.line()).hasLineCount(1);
    assertThat(ConsumerMessage.parse(message.line())).contains(message);
  }

  @Test
  void isNotWhatSomethingElsePrints() {
    assertThat(ConsumerMessage.parse("a warning")).isEmpty();
    assertThat(ConsumerMessage.parse("a\twarning")).isEmpty();
    assertThat(ConsumerMessage.parse("")).isEmpty();
  }
}
