package dev.perennial.architecture;

import com.tngtech.archunit.core.domain.InstanceofCheck;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.domain.JavaType;
import com.tngtech.archunit.core.domain.ReferencedClassObject;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Is in no circle of classes that use each other. A nested class counts as the one around it. Two
 * uses do not count: that of a sealed type of those it permits, and that of a static method of the
 * API, which makes what applications use, of what it makes.
 */
final class ClassCircle extends ArchCondition<JavaClass> {

  private final Map<String, Set<String>> uses = new TreeMap<>();

  ClassCircle() {
    super("be in no circle of classes");
  }

  @Override
  public void init(Collection<JavaClass> all) {
    uses.clear();
    all.forEach(type ->
        uses.computeIfAbsent(outermost(type), name -> new TreeSet<>()).addAll(usedBy(type)));
    // Whatever is not looked at, such as the JDK, is in no circle.
    uses.values().forEach(used -> used.retainAll(uses.keySet()));
  }

  @Override
  public void check(JavaClass type, ConditionEvents events) {
    String name = outermost(type);
    if (!type.getName().equals(name)) {
      return;
    }
    List<String> circle = circle(name);
    if (!circle.isEmpty()) {
      events.add(SimpleConditionEvent.violated(type, String.join(" -> ", circle)));
    }
  }

  /** The shortest way from a class back to it; empty if there is none. */
  private List<String> circle(String start) {
    Map<String, List<String>> ways = new TreeMap<>();
    Deque<String> next = new ArrayDeque<>(List.of(start));
    ways.put(start, List.of(start));
    while (!next.isEmpty()) {
      String from = next.remove();
      for (String to : uses.getOrDefault(from, Set.of())) {
        List<String> way = Stream.concat(ways.get(from).stream(), Stream.of(to)).toList();
        if (to.equals(start)) {
          return way;
        }
        if (ways.putIfAbsent(to, way) == null) {
          next.add(to);
        }
      }
    }
    return List.of();
  }

  private static Set<String> usedBy(JavaClass type) {
    Set<String> used = new TreeSet<>();
    Stream.concat(type.getSuperclass().stream(), type.getInterfaces().stream())
        .forEach(each -> add(used, each));
    type.getFields().forEach(field -> add(used, field.getType()));
    type.getCodeUnits().stream()
        .filter(unit -> !isFactoryOfApi(type, unit))
        .forEach(unit -> add(used, unit));
    used.remove(outermost(type));
    if (type.reflect().isSealed()) {
      Arrays.stream(type.reflect().getPermittedSubclasses())
          .map(Class::getName)
          .forEach(used::remove);
    }
    return used;
  }

  private static boolean isFactoryOfApi(JavaClass type, JavaCodeUnit unit) {
    return unit instanceof JavaMethod
        && unit.getModifiers().contains(JavaModifier.STATIC)
        && unit.getModifiers().contains(JavaModifier.PUBLIC)
        && !(type.getPackageName() + ".").contains(".internal.");
  }

  private static void add(Set<String> used, JavaCodeUnit unit) {
    add(used, unit.getReturnType());
    unit.getParameterTypes().forEach(type -> add(used, type));
    unit.getExceptionTypes().forEach(type -> add(used, type));
    Stream.of(
            unit.getAccessesFromSelf().stream().map(JavaAccess::getTargetOwner),
            unit.getInstanceofChecks().stream().map(InstanceofCheck::getRawType),
            unit.getReferencedClassObjects().stream().map(ReferencedClassObject::getRawType),
            unit.getTryCatchBlocks().stream()
                .flatMap(block -> block.getCaughtThrowables().stream()))
        .flatMap(types -> types)
        .forEach(type -> add(used, type));
  }

  private static void add(Set<String> used, JavaType type) {
    type.getAllInvolvedRawTypes().forEach(each -> used.add(outermost(each)));
  }

  private static String outermost(JavaClass type) {
    JavaClass outer = type.getBaseComponentType();
    while (outer.getEnclosingClass().isPresent()) {
      outer = outer.getEnclosingClass().get();
    }
    return outer.getName();
  }
}
