package dev.perennial.port.support;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;

/**
 * The reasons of file errors in words, because the JDK's messages often have the file name alone.
 */
public final class IoErrors {

  /** How much of the operating system's text an error shows, in characters. */
  private static final int MAX_LENGTH = 200;

  private IoErrors() {}

  /**
   * Returns the reason in one clause, without a file name that the caller's message has already.
   */
  public static String reason(IOException error) {
    if (!(error instanceof FileSystemException failed)) {
      return LogText.reason(error);
    }
    String reason = failed.getReason();
    if (reason != null && !reason.isBlank()) {
      return LogText.brief(reason, MAX_LENGTH);
    }
    if (failed instanceof AccessDeniedException) {
      return "access is denied";
    }
    if (failed instanceof NoSuchFileException) {
      return "the file does not exist";
    }
    if (failed instanceof FileAlreadyExistsException) {
      return "the file exists already";
    }
    if (failed instanceof NotDirectoryException) {
      return "it is not a directory";
    }
    return "the file system refused it";
  }
}
