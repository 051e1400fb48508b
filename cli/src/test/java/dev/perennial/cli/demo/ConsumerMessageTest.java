package dev.perennial.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perennial.StreamState;
import dev.perennial.cli.demo.ConsumerMessage.EventHandled;
import dev.perennial.cli.demo.ConsumerMessage.HandlerFailed;
import dev.perennial.cli.demo.ConsumerMessage.Remark;
import dev.perennial.cli.demo.ConsumerMessage.StateChanged;
import dev.perennial.cli.demo.ConsumerMessage.Stats;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ConsumerMessageTest {

  static Stream<ConsumerMessage> messages() {
    return Stream.of(
        new EventHandled("1700000000.3 insert BsonInt32{value=7}"),
        new HandlerFailed(2),
        new Remark(true, "well\tagain"),
        new Remark(false, ""),
        new StateChanged(StreamState.BACKING_OFF),
        new Stats(1, 2, 3));
  }

  @ParameterizedTest
  @MethodSource("messages")
  void isOneLine(ConsumerMessage message) {
    assertThat(message.line()).hasLineCount(1);
    assertThat(ConsumerMessage.parse(message.line())).contains(message);
  }

  @Test
  void ignoresOtherOutput() {
    assertThat(ConsumerMessage.parse("a warning")).isEmpty();
    assertThat(ConsumerMessage.parse("a\twarning")).isEmpty();
    assertThat(ConsumerMessage.parse("")).isEmpty();
  }
}
