package dev.perennial.architecture;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import java.lang.reflect.AccessibleObject;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.Member;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The public API of a module: its public types outside of internal packages, with their public and
 * protected members.
 */
final class PublicApi {

  private static final String INTERNAL = ".internal.";

  private PublicApi() {}

  static List<String> of(JavaClasses classes, Predicate<JavaClass> module) {
    return classes.stream()
        .filter(module)
        .filter(type -> !(type.getPackageName() + ".").contains(".internal."))
        .map(JavaClass::reflect)
        .filter(PublicApi::isShown)
        .sorted(Comparator.comparing(Class::getName))
        .flatMap(PublicApi::lines)
        .toList();
  }

  private static boolean isShown(Class<?> type) {
    return !type.isSynthetic()
        && !type.getName().contains(INTERNAL)
        && isShown(type.getModifiers())
        && (type.getEnclosingClass() == null || isShown(type.getEnclosingClass()));
  }

  private static boolean isShown(int modifiers) {
    return Modifier.isPublic(modifiers) || Modifier.isProtected(modifiers);
  }

  private static Stream<String> lines(Class<?> type) {
    Stream<String> members =
        Stream.<AccessibleObject>concat(
                Stream.concat(
                    Arrays.stream(type.getDeclaredFields()),
                    Arrays.stream(type.getDeclaredConstructors())),
                Arrays.stream(type.getDeclaredMethods()))
            .filter(member -> !((Member) member).isSynthetic())
            .filter(member -> isShown(((Member) member).getModifiers()))
            .map(PublicApi::describe)
            // Applications cannot call what needs an internal type: the module does not export it.
            .filter(member -> !member.contains(INTERNAL))
            .sorted()
            .map(line -> "  " + line);
    return Stream.concat(Stream.of(header(type)), members);
  }

  private static String describe(AccessibleObject member) {
    if (member instanceof Field field) {
      return field.toGenericString();
    }
    if (member instanceof Constructor<?> constructor) {
      return constructor.toGenericString();
    }
    return ((Method) member).toGenericString();
  }

  /** Put together here, because newer JDKs write a type's modifiers otherwise. */
  private static String header(Class<?> type) {
    StringBuilder line = new StringBuilder();
    String modifiers =
        Modifier.toString(type.getModifiers() & ~(Modifier.INTERFACE | Modifier.STRICT));
    line.append(modifiers).append(type.isSealed() ? " sealed " : " ").append(kind(type));
    line.append(' ').append(type.getName()).append(parameters(type.getTypeParameters()));
    if (type.isRecord()) {
      line.append(
          Arrays.stream(type.getRecordComponents())
              .map(RecordComponent::getName)
              .collect(Collectors.joining(", ", "(", ")")));
    }
    if (type.getSuperclass() != null && kind(type).equals("class")) {
      line.append(" extends ").append(type.getGenericSuperclass().getTypeName());
    }
    line.append(list(" implements ", type.getGenericInterfaces()));
    if (type.isSealed()) {
      // Their order in the class file differs between compilers.
      Class<?>[] permitted = type.getPermittedSubclasses().clone();
      Arrays.sort(permitted, Comparator.comparing(Class::getName));
      line.append(list(" permits ", permitted));
    }
    return line.toString();
  }

  private static String kind(Class<?> type) {
    if (type.isAnnotation()) {
      return "@interface";
    }
    if (type.isInterface()) {
      return "interface";
    }
    if (type.isEnum()) {
      return "enum";
    }
    return type.isRecord() ? "record" : "class";
  }

  private static String parameters(TypeVariable<?>[] variables) {
    return variables.length == 0
        ? ""
        : Arrays.stream(variables)
            .map(variable -> variable + list(" extends ", bounds(variable)))
            .collect(Collectors.joining(", ", "<", ">"));
  }

  private static Type[] bounds(TypeVariable<?> variable) {
    return Arrays.stream(variable.getBounds())
        .filter(bound -> bound != Object.class)
        .toArray(Type[]::new);
  }

  private static String list(String word, Type[] types) {
    return types.length == 0
        ? ""
        : word + Arrays.stream(types).map(Type::getTypeName).collect(Collectors.joining(", "));
  }
}
