package dev.perennial.testkit.internal;

import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A JDK thread that runs scheduled threads, one after the other. Thousands of runs share these
 * threads, because starting one costs more than most of what a scheduled thread does.
 */
public final class CarrierThread extends Thread {

  private static final long KEEP_ALIVE_NANOS = TimeUnit.SECONDS.toNanos(2);

  private static final ConcurrentLinkedDeque<CarrierThread> IDLE = new ConcurrentLinkedDeque<>();
  private static final AtomicInteger COUNT = new AtomicInteger();

  private volatile @Nullable ScheduledThread mounted;

  private CarrierThread() {
    super("virtual-" + COUNT.incrementAndGet());
    setDaemon(true);
  }

  static CarrierThread take() {
    CarrierThread idle = IDLE.pollFirst();
    if (idle != null) {
      return idle;
    }
    CarrierThread fresh = new CarrierThread();
    fresh.start();
    return fresh;
  }

  /** Makes this carrier available to all runs. Called after its own run. */
  void giveBack() {
    IDLE.addFirst(this);
  }

  void mount(ScheduledThread next) {
    mounted = next;
    LockSupport.unpark(this);
  }

  /** Frees this carrier. Called by its scheduled thread as the last step of its turn. */
  void unmount() {
    mounted = null;
  }

  /** Returns the scheduled thread that calls this method, or null for another thread. */
  public static @Nullable ScheduledThread currentThreadOrNull() {
    return Thread.currentThread() instanceof CarrierThread carrier ? carrier.mounted : null;
  }

  /** Sets the JDK thread's own interrupt flag. Called while its scheduled thread has the turn. */
  void setFlag() {
    super.interrupt();
  }

  /**
   * Interrupts the scheduled thread. A thread without the turn is parked, and an interrupt of the
   * JDK thread would let it run out of turn. So the interrupt is recorded and takes effect when the
   * thread gets the turn.
   */
  @Override
  public void interrupt() {
    ScheduledThread target = mounted;
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
    ScheduledThread target = mounted;
    return super.isInterrupted() || (target != null && target.isInterruptPending());
  }

  @Override
  public void run() {
    while (true) {
      ScheduledThread next = mounted;
      if (next != null) {
        next.runToItsEnd();
        continue;
      }
      LockSupport.parkNanos(this, KEEP_ALIVE_NANOS);
      // Only a carrier that removed itself from the list can be sure that no run has taken it.
      if (mounted == null && IDLE.remove(this)) {
        return;
      }
    }
  }
}
