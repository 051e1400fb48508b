package dev.perennial.source.mongo;

import org.assertj.core.api.Condition;

/** Conditions on the reason of a {@link MongoSourceException}, by its tag. */
public final class Reasons {

  private Reasons() {}

  /** The error is a {@link MongoSourceException} of this reason. */
  public static Condition<Throwable> reason(String tag) {
    return new Condition<>(error -> isOf(error, tag), "the reason " + tag);
  }

  /** The error's cause is a {@link MongoSourceException} of this reason. */
  public static Condition<Throwable> causeOfReason(String tag) {
    return new Condition<>(error -> isOf(error.getCause(), tag), "a cause of the reason " + tag);
  }

  private static boolean isOf(Throwable error, String tag) {
    return error instanceof MongoSourceException own && own.reason().tag().equals(tag);
  }
}
