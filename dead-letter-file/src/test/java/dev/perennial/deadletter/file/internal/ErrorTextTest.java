package dev.perennial.deadletter.file.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import org.junit.jupiter.api.Test;

class ErrorTextTest {

  @Test
  void hasTheClassTheMessageAndTheStackWithItsCauses() {
    Exception error = new IllegalStateException("no", new IllegalArgumentException("why"));

    ErrorText text = ErrorText.of(error);

    assertThat(text.type()).isEqualTo("java.lang.IllegalStateException");
    assertThat(text.message()).contains("no");
    assertThat(text.stack())
        .startsWith("java.lang.IllegalStateException: no")
        .contains("at dev.perennial.deadletter.file.internal.ErrorTextTest")
        .contains("Caused by: java.lang.IllegalArgumentException: why");
  }

  @Test
  void isBounded() {
    String half = "x".repeat(ErrorText.MAX_MESSAGE - 1);

    ErrorText text = ErrorText.of(new IllegalStateException(half + "🌱" + "y".repeat(1_000_000)));

    assertThat(text.message()).contains(half + "…");
    assertThat(text.stack()).hasSize(ErrorText.MAX_STACK + 1).endsWith("y…");
  }

  @Test
  void ofAnErrorThatCannotBeReadIsItsClass() {
    ErrorText text = ErrorText.of(new Unreadable());

    assertThat(text.type()).isEqualTo(Unreadable.class.getName());
    assertThat(text.message()).isEmpty();
    assertThat(text.stack()).isEmpty();
  }

  private static final class Unreadable extends RuntimeException {

    private static final long serialVersionUID = 1;

    @Override
    public String getMessage() {
      throw new IllegalStateException("no message");
    }

    @Override
    public void printStackTrace(PrintWriter out) {
      throw new IllegalStateException("no stack");
    }
  }
}
