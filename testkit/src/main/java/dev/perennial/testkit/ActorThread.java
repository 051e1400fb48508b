package dev.perennial.testkit;

import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A thread that actors run on, one after the other. Thousands of runs share the threads, since
 * starting one costs more than most of what an actor does.
 */
final class ActorThread extends Thread {

  private static final long KEEP_ALIVE_NANOS = TimeUnit.SECONDS.toNanos(2);

  private static final ConcurrentLinkedDeque<ActorThread> IDLE = new ConcurrentLinkedDeque<>();
  private static final AtomicInteger COUNT = new AtomicInteger();

  private volatile @Nullable VirtualActor actor;

  private ActorThread() {
    super("virtual-" + COUNT.incrementAndGet());
    setDaemon(true);
  }

  static ActorThread take() {
    ActorThread idle = IDLE.pollFirst();
    if (idle != null) {
      return idle;
    }
    ActorThread fresh = new ActorThread();
    fresh.start();
    return fresh;
  }

  /** Gives the thread back once its run is over. */
  void giveBack() {
    IDLE.addFirst(this);
  }

  void assign(VirtualActor next) {
    actor = next;
    LockSupport.unpark(this);
  }

  /** Called by its actor, as the last thing that it does with the baton. */
  void free() {
    actor = null;
  }

  static @Nullable VirtualActor currentActor() {
    return Thread.currentThread() instanceof ActorThread thread ? thread.actor : null;
  }

  /** Interrupts for real: in the thread itself, while it has the baton. */
  void setFlag() {
    super.interrupt();
  }

  /**
   * A thread without the baton is parked, and an interrupt that got through to it would make it run
   * on ahead: it is noted, and takes effect when the actor has the baton.
   */
  @Override
  public void interrupt() {
    VirtualActor target = actor;
    if (target == null) {
      return;
    }
    if (Thread.currentThread() == this) {
      super.interrupt();
    } else {
      target.interruptedByAnother();
    }
  }

  @Override
  public boolean isInterrupted() {
    VirtualActor target = actor;
    return super.isInterrupted() || (target != null && target.isInterruptPending());
  }

  @Override
  public void run() {
    while (true) {
      VirtualActor next = actor;
      if (next != null) {
        next.runToItsEnd();
        continue;
      }
      LockSupport.parkNanos(this, KEEP_ALIVE_NANOS);
      // Only a thread that took itself off the list can be sure that no run has taken it.
      if (actor == null && IDLE.remove(this)) {
        return;
      }
    }
  }
}
