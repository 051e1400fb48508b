package dev.perennial.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class DemoScheduleTest {

  @Property(tries = 100)
  void injectsEveryFaultOnceInItsPartOfTheRun(
      @ForAll @IntRange(min = 1_000, max = 50_000) int events, @ForAll long seed) {
    DemoSchedule<TapDemoFault> schedule =
        new DemoSchedule<>(List.of(TapDemoFault.values()), events, seed);
    List<TapDemoFault> faults = new ArrayList<>();
    List<Integer> times = new ArrayList<>();
    for (int i = 1; i <= events; i++) {
      int now = i;
      schedule
          .due(i)
          .ifPresent(fault -> {
            faults.add(fault);
            times.add(now);
          });
    }
    assertThat(faults).containsExactly(TapDemoFault.values());
    assertThat(schedule.isOver()).isTrue();
    int part = events / (faults.size() + 1);
    for (int i = 0; i < times.size(); i++) {
      assertThat(times.get(i)).isBetween(part * i + part / 2, part * (i + 1));
    }
  }
}
