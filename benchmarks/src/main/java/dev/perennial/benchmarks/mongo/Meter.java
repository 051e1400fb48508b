package dev.perennial.benchmarks.mongo;

import com.sun.management.OperatingSystemMXBean;
import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;

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

  static Meter read() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long[] ids = threads.getAllThreadIds();
    return new Meter(
        System.nanoTime(),
        ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime(),
        sum(threads.getThreadCpuTime(ids)),
        sum(threads.getThreadAllocatedBytes(ids)));
  }

  /** Adds those of threads that are there; a thread that has ended gives -1. */
  private static long sum(long[] values) {
    long sum = 0;
    for (long value : values) {
      sum += Math.max(0, value);
    }
    return sum;
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
