package dev.perennial.architecture;

import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.util.Set;
import java.util.regex.Pattern;

/** Touches nothing in which a run can differ from the next: clocks, chance, waiting, threads. */
final class Chance extends ArchCondition<JavaClass> {

  /** Classes of which everything is forbidden. */
  private static final Pattern OWNERS =
      Pattern.compile(
          "java\\.util\\.(Timer|Random|SplittableRandom)"
              + "|java\\.util\\.random\\..*"
              + "|java\\.security\\.SecureRandom"
              + "|java\\.time\\.(Clock|InstantSource)"
              + "|java\\.util\\.concurrent\\.(Executors|ForkJoin.*|CompletableFuture|ThreadLocalRandom"
              + "|.*Executor(Service)?|CountDownLatch|CyclicBarrier|Semaphore|Phaser|Exchanger|.*Blocking.*"
              + "|SynchronousQueue|DelayQueue|LinkedTransferQueue)"
              + "|java\\.util\\.concurrent\\.locks\\.(LockSupport|Condition)");

  private static final Set<String> METHODS =
      Set.of(
          "java.lang.System.nanoTime",
          "java.lang.System.currentTimeMillis",
          "java.lang.Math.random",
          "java.lang.StrictMath.random",
          "java.lang.Thread.<init>",
          "java.lang.Thread.start",
          "java.lang.Thread.startVirtualThread",
          "java.lang.Thread.ofVirtual",
          "java.lang.Thread.ofPlatform",
          "java.lang.Thread.sleep",
          "java.lang.Thread.join",
          "java.util.UUID.randomUUID",
          "java.util.Collections.shuffle");

  private static final Pattern NOW = Pattern.compile("java\\.time\\..*\\.now");

  Chance() {
    super("touch no clock, no chance, no wait and no thread");
  }

  @Override
  public void check(JavaClass type, ConditionEvents events) {
    for (JavaAccess<?> access : type.getAccessesFromSelf()) {
      String owner = access.getTargetOwner().getName();
      String method = owner + "." + access.getName();
      boolean waits =
          access.getName().equals("wait")
              && access.getTarget().getOwner().isEquivalentTo(Object.class);
      if (waits
          || OWNERS.matcher(owner).matches()
          || METHODS.contains(method)
          || NOW.matcher(method).matches()) {
        events.add(SimpleConditionEvent.violated(type, access.getDescription()));
      }
    }
  }
}
