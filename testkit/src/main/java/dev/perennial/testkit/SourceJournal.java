package dev.perennial.testkit;

import dev.perennial.port.StreamRuntime;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What happened to a scripted source, and what must not have happened. Safe for use from any
 * thread.
 */
final class SourceJournal {

  private final StreamRuntime runtime;
  private final List<String> violations = new ArrayList<>();
  private @Nullable String inside;
  private @Nullable Thread who;
  private int openConnection;
  private boolean closed;

  SourceJournal(StreamRuntime runtime) {
    this.runtime = runtime;
  }

  /** Notes that a call begins which must not overlap another such call. */
  void enter(String call) {
    synchronized (this) {
      if (inside == null) {
        inside = call;
        who = Thread.currentThread();
        if (!closed || call.equals("close of the source")) {
          return;
        }
        violations.add(call + " came after the source was closed");
      } else {
        violations.add(call + " overlaps " + inside + " in thread " + name(who));
      }
    }
    tell();
  }

  void exit() {
    synchronized (this) {
      if (who == Thread.currentThread()) {
        inside = null;
        who = null;
      }
    }
  }

  void opened(int connection) {
    synchronized (this) {
      if (openConnection == 0) {
        openConnection = connection;
        return;
      }
      violations.add(
          "connection " + connection + " was opened while " + openConnection + " was open");
    }
    tell();
  }

  void requireNoOpenConnection(String call) {
    synchronized (this) {
      if (openConnection == 0) {
        return;
      }
      violations.add(call + " came while connection " + openConnection + " was open");
    }
    tell();
  }

  synchronized void connectionClosed(int connection) {
    if (openConnection == connection) {
      openConnection = 0;
    }
  }

  void sourceClosed() {
    synchronized (this) {
      if (!closed) {
        closed = true;
        return;
      }
      violations.add("close of the source came twice");
    }
    tell();
  }

  synchronized boolean isSourceClosed() {
    return closed;
  }

  synchronized int openConnection() {
    return openConnection;
  }

  void violation(String what) {
    synchronized (this) {
      violations.add(what);
    }
    tell();
  }

  synchronized List<String> violations() {
    return List.copyOf(violations);
  }

  private void tell() {
    Waiting.fail(
        runtime, new AssertionError("the stream broke the source's contract: " + violations()));
  }

  private static String name(@Nullable Thread thread) {
    return thread == null ? "?" : "'" + thread.getName() + "'";
  }
}
