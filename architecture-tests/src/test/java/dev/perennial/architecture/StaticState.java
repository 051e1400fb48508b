package dev.perennial.architecture;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaField;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.lang.reflect.Field;
import java.util.Collection;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Keeps nothing in static fields that changes. Looks at their values, since a Map may be either.
 */
final class StaticState extends ArchCondition<JavaClass> {

  private static final Pattern UNCHANGING =
      Pattern.compile(
          "java\\.util\\.(ImmutableCollections\\$.*|Collections\\$(Unmodifiable|Empty|Singleton).*)");

  StaticState() {
    super("keep nothing in static fields that changes");
  }

  @Override
  public void check(JavaClass type, ConditionEvents events) {
    for (JavaField field : type.getFields()) {
      if (field.getModifiers().contains(JavaModifier.STATIC)
          && !field.getModifiers().contains(JavaModifier.SYNTHETIC)
          && (!field.getModifiers().contains(JavaModifier.FINAL) || changes(value(field)))) {
        events.add(
            SimpleConditionEvent.violated(type, field.getFullName() + " is static and can change"));
      }
    }
  }

  private static Object value(JavaField field) {
    try {
      Field reflected = field.reflect();
      reflected.setAccessible(true);
      return reflected.get(null);
    } catch (ReflectiveOperationException e) {
      throw new AssertionError("cannot look at " + field.getFullName(), e);
    }
  }

  private static boolean changes(Object value) {
    if (value == null) {
      return false;
    }
    String kind = value.getClass().getName();
    return (value instanceof Map || value instanceof Collection)
            && !UNCHANGING.matcher(kind).matches()
        || kind.startsWith("java.util.concurrent.atomic.")
        || value instanceof ThreadLocal
        || value instanceof StringBuilder;
  }
}
