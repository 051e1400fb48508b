package dev.perennial.transport.netty.internal.channel;

import dev.perennial.port.support.LogText;
import io.netty.handler.codec.DecoderException;
import java.util.regex.Pattern;

/** Functions that unwrap errors of Netty's handlers and describe them. */
public final class NettyErrors {

  private static final Pattern CLASS_NAME =
      Pattern.compile("(?:[\\w$]+\\.)*[\\w$]*(?:Exception|Error): ");

  private NettyErrors() {}

  /** Returns the error that Netty's codecs wrapped, or else the error itself. */
  public static Throwable unwrapped(Throwable error) {
    Throwable cause = error.getCause();
    return error instanceof DecoderException && cause != null ? cause : error;
  }

  /** Returns an error's reason in one clause, without the class names that the JDK puts into it. */
  public static String reason(Throwable error) {
    return CLASS_NAME.matcher(LogText.reason(error)).replaceAll("");
  }
}
