package dev.perennial.architecture;

import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.util.Set;

/** Writes to no console, and to no log but SLF4J's. */
final class Console extends ArchCondition<JavaClass> {

  private static final Set<String> CONSOLE =
      Set.of("java.lang.System.out", "java.lang.System.err", "java.lang.System.console");

  Console() {
    super("write to no console and to no other log");
  }

  @Override
  public void check(JavaClass type, ConditionEvents events) {
    for (JavaAccess<?> access : type.getAccessesFromSelf()) {
      JavaClass owner = access.getTargetOwner();
      boolean prints =
          owner.isAssignableTo(Throwable.class)
              && access.getName().equals("printStackTrace")
              && access.getDescription().contains("printStackTrace()");
      boolean logs =
          owner.getPackageName().equals("java.util.logging")
              || owner.getName().startsWith("java.lang.System$Logger");
      if (prints || logs || CONSOLE.contains(owner.getName() + "." + access.getName())) {
        events.add(SimpleConditionEvent.violated(type, access.getDescription()));
      }
    }
  }
}
