package dev.perennial.benchmarks.measure;

/**
 * The resources that a client used for a number of events.
 *
 * @param nanos elapsed time
 * @param cpuNanos processor time of the whole process, with its collector and compiler
 * @param allocatedBytes what all threads allocated on the heap
 * @param checksum of what the handler read
 */
public record Usage(long events, long nanos, long cpuNanos, long allocatedBytes, long checksum) {

  /** Returns the same with another elapsed time, which the server measured. */
  public Usage withNanos(long measured) {
    return new Usage(events, measured, cpuNanos, allocatedBytes, checksum);
  }

  double thousandsPerSecond() {
    return events * 1e6 / nanos;
  }

  double cpuMicros() {
    return cpuNanos / 1e3 / events;
  }

  double bytes() {
    return (double) allocatedBytes / events;
  }

  /** One line, for {@link #parse}. */
  String text() {
    return events + " " + nanos + " " + cpuNanos + " " + allocatedBytes + " " + checksum;
  }

  static Usage parse(String text) {
    String[] part = text.split(" ", -1);
    return new Usage(
        Long.parseLong(part[0]),
        Long.parseLong(part[1]),
        Long.parseLong(part[2]),
        Long.parseLong(part[3]),
        Long.parseLong(part[4]));
  }
}
