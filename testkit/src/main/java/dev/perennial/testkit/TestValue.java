package dev.perennial.testkit;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A builder of values that only the library implements, such as {@code StreamStats}, a {@code
 * CloseReport} or an event of a {@code StreamListener}, for tests of code that reads them:
 *
 * <pre>{@code
 * StreamStats stats =
 *     TestValue.of(StreamStats.class).with(StreamStats::received, 3L).make();
 * }</pre>
 *
 * <p>An accessor that was not set returns 0, false, an empty text or an empty {@code Optional}, or
 * throws if it has another type. So a test does not break when the type gets another accessor.
 * Immutable.
 *
 * @param <T> the interface
 */
public final class TestValue<T> {

  private final Class<T> type;
  private final Map<String, Object> values;

  private TestValue(Class<T> type, Map<String, Object> values) {
    this.type = type;
    this.values = values;
  }

  /**
   * Starts a value with no accessor set.
   *
   * @throws IllegalArgumentException if the type is not an interface
   */
  public static <T> TestValue<T> of(Class<T> type) {
    if (!type.isInterface()) {
      throw new IllegalArgumentException(
          "TestValue makes interfaces, which " + type.getName() + " is not.");
    }
    return new TestValue<>(type, Map.of());
  }

  /**
   * Returns a copy with one more accessor set.
   *
   * @param accessor a reference to the accessor, such as {@code StreamStats::received}
   * @param value what it returns
   */
  public <V> TestValue<T> with(Function<T, V> accessor, V value) {
    AtomicReference<@Nullable Method> called = new AtomicReference<>();
    V unused =
        accessor.apply(
            proxy(method -> {
              called.set(method);
              return method.getReturnType().isPrimitive() ? unset(method) : null;
            }));
    Method method = called.get();
    if (method == null) {
      throw new IllegalArgumentException(
          "with() needs a reference to an accessor of " + type.getSimpleName() + ".");
    }
    Map<String, Object> more = new LinkedHashMap<>(values);
    more.put(method.getName(), value);
    return new TestValue<>(type, more);
  }

  /** Makes the value. It is equal only to itself. */
  public T make() {
    return proxy(method ->
        values.containsKey(method.getName()) ? values.get(method.getName()) : unset(method));
  }

  private Object unset(Method accessor) {
    Class<?> answer = accessor.getReturnType();
    if (answer == boolean.class) {
      return false;
    }
    if (answer == int.class) {
      return 0;
    }
    if (answer == long.class) {
      return 0L;
    }
    if (answer == String.class) {
      return "";
    }
    if (answer == Optional.class) {
      return Optional.empty();
    }
    throw new IllegalStateException(
        "The "
            + type.getSimpleName()
            + " of this test has no "
            + accessor.getName()
            + "(). Set it with TestValue.with().");
  }

  @SuppressWarnings("ReferenceEquality") // a value is equal only to itself
  private T proxy(Function<Method, @Nullable Object> answers) {
    InvocationHandler handler =
        (proxy, method, arguments) ->
            switch (method.getName()) {
              case "equals" -> proxy == arguments[0];
              case "hashCode" -> System.identityHashCode(proxy);
              case "toString" -> type.getSimpleName() + values;
              default -> answers.apply(method);
            };
    return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
  }
}
