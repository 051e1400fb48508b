package dev.perennial.testkit.internal;

import dev.perennial.port.StreamRuntime;

/** A task with the time at which a thread runs it. */
public final class VirtualTimer implements StreamRuntime.Timer, Comparable<VirtualTimer> {

  final StreamRuntime process;
  final long due;
  private final long number;
  private final Runnable task;
  private boolean cancelled;

  VirtualTimer(StreamRuntime process, long due, long number, Runnable task) {
    this.process = process;
    this.due = due;
    this.number = number;
    this.task = task;
  }

  @Override
  public void cancel() {
    cancelled = true;
  }

  boolean isCancelled() {
    return cancelled;
  }

  void run() {
    if (!cancelled) {
      task.run();
    }
  }

  String name() {
    return "timer-" + number;
  }

  @Override
  public int compareTo(VirtualTimer other) {
    int byTime = Long.compare(due, other.due);
    return byTime != 0 ? byTime : Long.compare(number, other.number);
  }
}
