package dev.perennial.testkit;

import dev.perennial.port.StreamRuntime;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A check of the calls of a scripted source against the source's contract. Safe for use from any
 * thread.
 */
final class SourceContractCheck {

  private final StreamRuntime runtime;
  private final List<String> violations = new ArrayList<>();
  private @Nullable String inside;
  private @Nullable Thread insideThread;
  private int openConnection;
  private boolean closed;

  SourceContractCheck(StreamRuntime runtime) {
    this.runtime = runtime;
  }

  /** Records the start of a call that must not overlap another one. */
  void enter(String call) {
    synchronized (this) {
      if (inside == null) {
        inside = call;
        insideThread = Thread.currentThread();
        if (!closed || call.equals("close of the source")) {
          return;
        }
        violations.add(call + " was called after the source was closed");
      } else {
        violations.add(call + " overlaps " + inside + " in thread " + name(insideThread));
      }
    }
    failRun();
  }

  void exit() {
    synchronized (this) {
      if (insideThread == Thread.currentThread()) {
        inside = null;
        insideThread = null;
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
    failRun();
  }

  void requireNoOpenConnection(String call) {
    synchronized (this) {
      if (openConnection == 0) {
        return;
      }
      violations.add(call + " was called while connection " + openConnection + " was open");
    }
    failRun();
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
      violations.add("the source was closed twice");
    }
    failRun();
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
    failRun();
  }

  synchronized List<String> violations() {
    return List.copyOf(violations);
  }

  private void failRun() {
    RuntimeWaits.fail(runtime, error(violations()));
  }

  static AssertionError error(List<String> violations) {
    return new AssertionError(
        "The stream violated the contract of its source: " + String.join("; ", violations) + ".");
  }

  private static String name(@Nullable Thread thread) {
    return thread == null ? "?" : "'" + thread.getName() + "'";
  }
}
