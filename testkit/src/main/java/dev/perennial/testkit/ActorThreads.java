package dev.perennial.testkit;

import java.util.ArrayDeque;

/** The threads of one run: which actor gets which one depends on the seed alone. */
final class ActorThreads {

  private final ArrayDeque<ActorThread> free = new ArrayDeque<>();

  ActorThread take() {
    ActorThread thread = free.pollFirst();
    return thread != null ? thread : ActorThread.take();
  }

  /** Takes back a thread whose actor is about to leave it. */
  void free(ActorThread thread) {
    thread.free();
    free.addFirst(thread);
  }

  /** After the run: lets other runs have them. */
  void giveBack() {
    free.forEach(ActorThread::giveBack);
    free.clear();
  }
}
