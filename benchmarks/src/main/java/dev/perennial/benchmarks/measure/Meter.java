package dev.perennial.benchmarks.measure;

import com.sun.management.OperatingSystemMXBean;
import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.lang.reflect.Method;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The resources that this process has used so far.
 *
 * @param cpu processor time of the whole process in ns; ticks every 10 ms on Linux
 */
public record Meter(long nanos, long cpu, long allocated) {

  private static final OperatingSystemMXBean SYSTEM =
      (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  /** Counts threads that have ended too. Since Java 21. */
  private static final @Nullable Method TOTAL_ALLOCATED = totalAllocated();

  /** Reads the meter. */
  public static Meter read() {
    return new Meter(System.nanoTime(), SYSTEM.getProcessCpuTime(), allocatedBytes());
  }

  /** Returns what this process has used since. */
  Usage since(long events, long checksum) {
    Meter now = read();
    return new Usage(events, now.nanos - nanos, now.cpu - cpu, now.allocated - allocated, checksum);
  }

  private static long allocatedBytes() {
    if (TOTAL_ALLOCATED == null) {
      // A thread that is just ending gives -1.
      return Arrays.stream(THREADS.getThreadAllocatedBytes(THREADS.getAllThreadIds()))
          .map(bytes -> Math.max(0, bytes))
          .sum();
    }
    try {
      return (long) TOTAL_ALLOCATED.invoke(THREADS);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("Cannot read the allocated bytes.", e);
    }
  }

  private static @Nullable Method totalAllocated() {
    try {
      return ThreadMXBean.class.getMethod("getTotalThreadAllocatedBytes");
    } catch (NoSuchMethodException e) {
      return null;
    }
  }
}
