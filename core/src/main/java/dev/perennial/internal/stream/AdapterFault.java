package dev.perennial.internal.stream;

import dev.perennial.port.support.LogText;
import org.jspecify.annotations.Nullable;

/**
 * Thrown for an adapter that broke its contract: it returned null, or threw where it must not. The
 * message names the adapter's class and the method.
 */
public final class AdapterFault extends IllegalStateException {

  private static final long serialVersionUID = 1;

  private final String message;

  private AdapterFault(Object adapter, String method, String what, @Nullable Throwable cause) {
    super(cause);
    this.message = adapter.getClass().getName() + "." + method + "() " + what + ".";
  }

  @Override
  public String getMessage() {
    return message;
  }

  /** A method of an adapter. */
  public interface Call<T, X extends Exception> {
    @Nullable T call() throws X;
  }

  /**
   * Calls a method that must neither throw nor return null. A {@link VirtualMachineError} passes
   * through: it is not the fault of the adapter, and may be over soon.
   */
  public static <T> T call(Object adapter, String method, Call<T, ? extends Exception> call) {
    @Nullable T value;
    try {
      value = call.call();
    } catch (VirtualMachineError e) {
      throw e;
    } catch (Throwable e) {
      throw threw(adapter, method, e);
    }
    return required(value, adapter, method);
  }

  /** Returns the value, and throws if the method returned null. */
  public static <T> T required(@Nullable T value, Object adapter, String method) {
    if (value == null) {
      throw returned("null", adapter, method);
    }
    return value;
  }

  public static void requirePosition(@Nullable Object position, Object connection) {
    if (position == null) {
      throw returned("null for a position", connection, "receive");
    }
  }

  public static AdapterFault returned(String what, Object adapter, String method) {
    return new AdapterFault(adapter, method, "returned " + what, null);
  }

  public static AdapterFault threw(Object adapter, String method, Throwable error) {
    return new AdapterFault(adapter, method, "threw " + LogText.reason(error), error);
  }

  /** Returns any error as a clause without a period, for the message of another error. */
  public static String clause(Throwable error) {
    return error instanceof AdapterFault fault
        ? fault.message.substring(0, fault.message.length() - 1)
        : LogText.reason(error);
  }

  /**
   * Returns the error to show to the application as the cause: what the adapter threw, if the error
   * is such a fault.
   */
  public static Throwable shown(Throwable error) {
    return error instanceof AdapterFault fault ? fault.shown() : error;
  }

  /**
   * Returns the error to show to the application as the cause: what the adapter threw, if it threw.
   */
  public Throwable shown() {
    Throwable thrown = getCause();
    return thrown == null ? this : thrown;
  }
}
