package dev.perennial.benchmarks.mongo;

import com.sun.management.OperatingSystemMXBean;
import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.HashMap;
import java.util.Map;

/**
 * What this process has used up so far.
 *
 * @param nanos the time
 * @param cpu processor time of the whole process, with collector and compiler; ticks every 10 ms
 * @param javaCpu processor time of its Java threads only
 * @param allocated bytes, by all Java threads
 */
record Meter(long nanos, long cpu, long javaCpu, long allocated) {

  static final Meter ZERO = new Meter(0, 0, 0, 0);

  /**
   * A reader of CPU time and memory that also counts threads that have ended, which the JVM
   * forgets.
   */
  static final class Reader {
    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private final Map<Long, Long> cpu = new HashMap<>();
    private final Map<Long, Long> allocated = new HashMap<>();

    Meter read() {
      long[] ids = threads.getAllThreadIds();
      return new Meter(
          System.nanoTime(),
          ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
              .getProcessCpuTime(),
          sum(cpu, ids, threads.getThreadCpuTime(ids)),
          sum(allocated, ids, threads.getThreadAllocatedBytes(ids)));
    }

    /** A thread that is just ending gives -1. */
    private static long sum(Map<Long, Long> used, long[] ids, long[] values) {
      for (int i = 0; i < ids.length; i++) {
        used.merge(ids[i], values[i], Math::max);
      }
      return used.values().stream().mapToLong(value -> Math.max(0, value)).sum();
    }
  }

  Meter plus(Meter other) {
    return new Meter(
        nanos + other.nanos, cpu + other.cpu, javaCpu + other.javaCpu, allocated + other.allocated);
  }

  Meter minus(Meter other) {
    return new Meter(
        nanos - other.nanos, cpu - other.cpu, javaCpu - other.javaCpu, allocated - other.allocated);
  }
}
