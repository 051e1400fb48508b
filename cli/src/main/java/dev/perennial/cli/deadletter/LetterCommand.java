package dev.perennial.cli.deadletter;

import dev.perennial.deadletter.file.DeadLetter;
import dev.perennial.port.Position;
import dev.perennial.port.support.LogText;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A command of the user that handles one letter after the other, each in a process of its own. */
final class LetterCommand {

  /** How much of a text goes into an environment variable, in characters. */
  private static final int MAX_VALUE = 4096;

  private final List<String> command;
  private @Nullable Process running;
  private boolean stopped;

  LetterCommand(List<String> command) {
    this.command = command;
  }

  /**
   * Runs the command for a letter, with the event on its standard input.
   *
   * @param at the position of the letter
   * @return the exit status
   * @throws IOException if the command cannot be started
   */
  int run(DeadLetter letter, Position at) throws IOException, InterruptedException {
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectOutput(ProcessBuilder.Redirect.INHERIT)
            .redirectError(ProcessBuilder.Redirect.INHERIT);
    Map<String, String> environment = builder.environment();
    environment.put("PERENNIAL_LETTER", at.toString());
    environment.put("PERENNIAL_LETTER_TIME", letter.time().toString());
    environment.put("PERENNIAL_LETTER_ATTEMPTS", String.valueOf(letter.attempts()));
    environment.put("PERENNIAL_LETTER_POSITION", value(letter.position()));
    environment.put("PERENNIAL_LETTER_ERROR_CLASS", value(letter.errorClass()));
    environment.put("PERENNIAL_LETTER_ERROR_MESSAGE", value(letter.errorMessage().orElse("")));
    Process process = start(builder);
    try (OutputStream in = process.getOutputStream()) {
      in.write(letter.rawEvent().getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      // The command does not read all of it; its exit status says whether it needed it.
    }
    return process.waitFor();
  }

  private static String value(String text) {
    return LogText.brief(text, MAX_VALUE);
  }

  private synchronized Process start(ProcessBuilder builder) throws IOException {
    if (stopped) {
      throw new IOException("the program is being stopped");
    }
    Process process = builder.start();
    running = process;
    return process;
  }

  /** Stops the command and what it has started. It is not run again. */
  synchronized void stop() {
    stopped = true;
    if (running != null) {
      running.descendants().forEach(ProcessHandle::destroy);
      running.destroy();
    }
  }
}
