package dev.perennial.architecture;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import java.lang.reflect.Constructor;
import java.lang.reflect.Executable;
import java.lang.reflect.Field;
import java.lang.reflect.Member;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The public API of a module: a line for each public type outside of internal packages, and below
 * it, indented, a line for each of its public and protected members. Names are simple. What the
 * kind of a type implies is left out: a record's accessors, an enum's {@code values()}, every
 * {@code equals}, {@code hashCode} and {@code toString}. So is the internal implementation that a
 * sealed type permits.
 */
final class PublicApi {

  private static final Set<String> OF_EVERY_OBJECT = Set.of("equals", "hashCode", "toString");
  private static final Set<String> OF_EVERY_ENUM = Set.of("values", "valueOf");

  private PublicApi() {}

  static List<String> of(JavaClasses classes, Predicate<JavaClass> module) {
    List<String> lines = new ArrayList<>();
    String packageName = "";
    List<Class<?>> types =
        classes.stream()
            .filter(module)
            .filter(type -> !Rules.isInternal(type.getPackageName()))
            .<Class<?>>map(JavaClass::reflect)
            .filter(PublicApi::isShown)
            .sorted(
                Comparator.<Class<?>, String>comparing(Class::getPackageName)
                    .thenComparing(Class::getName))
            .toList();
    for (Class<?> type : types) {
      if (!type.getPackageName().equals(packageName)) {
        packageName = type.getPackageName();
        lines.add("package " + packageName);
      }
      lines.add(header(type));
      members(type).forEach(member -> lines.add("  " + member));
    }
    return lines;
  }

  private static boolean isShown(Class<?> type) {
    return !type.isSynthetic()
        && isShown(type.getModifiers())
        && (type.getEnclosingClass() == null || isShown(type.getEnclosingClass()));
  }

  private static boolean isShown(int modifiers) {
    return Modifier.isPublic(modifiers) || Modifier.isProtected(modifiers);
  }

  private static boolean isShown(Member member) {
    return !member.isSynthetic() && isShown(member.getModifiers());
  }

  private static String header(Class<?> type) {
    StringBuilder line = new StringBuilder(modifiers(type)).append(kind(type)).append(' ');
    line.append(simple(type)).append(parameters(type.getTypeParameters()));
    if (type.isRecord()) {
      line.append(
          Arrays.stream(type.getRecordComponents())
              .map(component -> simple(component.getGenericType()) + " " + component.getName())
              .collect(Collectors.joining(", ", "(", ")")));
    }
    if (kind(type).equals("class") && type.getSuperclass() != Object.class) {
      line.append(" extends ").append(simple(type.getGenericSuperclass()));
    }
    String interfaces = type.isInterface() ? " extends " : " implements ";
    line.append(list(interfaces, Arrays.stream(type.getGenericInterfaces())));
    if (type.isSealed()) {
      // Their order in the class file differs between compilers.
      line.append(
          list(
              " permits ",
              Arrays.stream(type.getPermittedSubclasses())
                  .filter(permitted -> !Rules.isInternal(permitted.getPackageName()))
                  .sorted(Comparator.comparing(Class::getName))));
    }
    return line.toString();
  }

  /** What a record, an enum or an interface always is, is left out. */
  private static String modifiers(Class<?> type) {
    boolean isClass = kind(type).equals("class");
    return (Modifier.isProtected(type.getModifiers()) ? "protected " : "")
        + (isClass && Modifier.isAbstract(type.getModifiers()) ? "abstract " : "")
        + (isClass && Modifier.isFinal(type.getModifiers()) ? "final " : "")
        + (type.isSealed() ? "sealed " : "");
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

  /** Fields, then constructors, then static methods, then the others. */
  private static Stream<String> members(Class<?> type) {
    List<Method> methods =
        shown(type.getDeclaredMethods()).filter(method -> !isLeftOut(method)).toList();
    return Stream.of(
            shown(type.getDeclaredFields()).map(PublicApi::describe),
            shown(type.getDeclaredConstructors())
                .filter(constructor -> !isCanonical(constructor) && !needsInternals(constructor))
                .map(PublicApi::describe),
            methods.stream().filter(PublicApi::isStatic).map(PublicApi::describe),
            methods.stream().filter(method -> !isStatic(method)).map(PublicApi::describe))
        .flatMap(Function.identity());
  }

  private static <M extends Member> Stream<M> shown(M[] members) {
    return Arrays.stream(members)
        .filter(PublicApi::isShown)
        .sorted(Comparator.<M, String>comparing(Member::getName).thenComparing(M::toString));
  }

  private static boolean isStatic(Method method) {
    return Modifier.isStatic(method.getModifiers());
  }

  private static boolean isCanonical(Constructor<?> constructor) {
    Class<?> type = constructor.getDeclaringClass();
    return type.isRecord()
        && Arrays.equals(
            constructor.getParameterTypes(),
            Arrays.stream(type.getRecordComponents())
                .map(RecordComponent::getType)
                .toArray(Class<?>[]::new));
  }

  private static boolean isLeftOut(Method method) {
    Class<?> type = method.getDeclaringClass();
    return OF_EVERY_OBJECT.contains(method.getName())
        || (type.isEnum() && OF_EVERY_ENUM.contains(method.getName()))
        || (type.isRecord()
            && Arrays.stream(type.getRecordComponents())
                .anyMatch(component -> component.getAccessor().equals(method)))
        || Rules.isInternal(method.getReturnType().getPackageName())
        || needsInternals(method);
  }

  /** Applications cannot call it, because a module does not export its internal packages. */
  private static boolean needsInternals(Executable member) {
    return Arrays.stream(member.getParameterTypes())
        .anyMatch(type -> Rules.isInternal(type.getPackageName()));
  }

  private static String describe(Field field) {
    boolean constant = Modifier.isStatic(field.getModifiers());
    return (constant ? "static " : "") + simple(field.getGenericType()) + " " + field.getName();
  }

  private static String describe(Constructor<?> constructor) {
    return call(constructor, simple(constructor.getDeclaringClass()));
  }

  private static String describe(Method method) {
    int modifiers = method.getModifiers();
    boolean ofInterface = method.getDeclaringClass().isInterface();
    return (method.isDefault() ? "default " : "")
        + (Modifier.isStatic(modifiers) ? "static " : "")
        + (Modifier.isAbstract(modifiers) && !ofInterface ? "abstract " : "")
        + call(method, simple(method.getGenericReturnType()) + " " + method.getName());
  }

  private static String call(Executable member, String name) {
    String variables = parameters(member.getTypeParameters());
    return (Modifier.isProtected(member.getModifiers()) ? "protected " : "")
        + (variables.isEmpty() ? "" : variables + " ")
        + name
        + Arrays.stream(member.getGenericParameterTypes())
            .map(PublicApi::simple)
            .collect(Collectors.joining(", ", "(", ")"))
        + list(" throws ", Arrays.stream(member.getGenericExceptionTypes()));
  }

  private static String parameters(TypeVariable<?>[] variables) {
    return variables.length == 0
        ? ""
        : Arrays.stream(variables)
            .map(PublicApi::withBounds)
            .collect(Collectors.joining(", ", "<", ">"));
  }

  private static String withBounds(TypeVariable<?> variable) {
    String bounds =
        Arrays.stream(variable.getBounds())
            .filter(bound -> bound != Object.class)
            .map(PublicApi::simple)
            .collect(Collectors.joining(" & "));
    return bounds.isEmpty() ? variable.getName() : variable.getName() + " extends " + bounds;
  }

  private static String list(String before, Stream<? extends Type> types) {
    String names = types.map(PublicApi::simple).collect(Collectors.joining(", "));
    return names.isEmpty() ? "" : before + names;
  }

  /** The name of a type without packages; a nested type keeps those around it. */
  private static String simple(Type type) {
    return type.getTypeName().replaceAll("\\b(?:[a-z]\\w*\\.)+", "").replace('$', '.');
  }
}
