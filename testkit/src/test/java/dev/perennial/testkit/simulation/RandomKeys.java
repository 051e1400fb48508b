package dev.perennial.testkit.simulation;

import org.jspecify.annotations.Nullable;

/** The keys of the events of one process. */
final class RandomKeys {

  private static final int NONE = 10;
  private static final int FAILING = 11;
  private static final int KINDS = 12;

  private final int count;
  private final boolean someHaveNone;
  private final boolean someFail;
  private final int salt;

  RandomKeys(RandomChoices chance) {
    count = chance.of(1, chance.between(2, 5), 1_000);
    someHaveNone = chance.percent(40);
    someFail = chance.percent(20);
    salt = chance.between(0, 1_000);
  }

  /** Returns the key of an event; null if it has none, also if {@link #fails}. */
  @Nullable Object of(Object event) {
    int kind = kind(event);
    boolean none = (someHaveNone && kind == NONE) || fails(event);
    return none ? null : "key " + Math.floorMod(hash(event) / KINDS, count);
  }

  /** Returns whether the function that returns the key of the event throws. */
  boolean fails(Object event) {
    return someFail && kind(event) == FAILING;
  }

  /** Returns whether there are events whose key fails. */
  boolean someFail() {
    return someFail;
  }

  /** Returns one of the keys. */
  Object any(RandomChoices chance) {
    return "key " + chance.between(0, Math.min(count, 5) - 1);
  }

  private int kind(Object event) {
    return Math.floorMod(hash(event), KINDS);
  }

  private int hash(Object event) {
    int hash = (event.toString().hashCode() + salt) * 0x9E3779B9;
    return hash ^ hash >>> 15;
  }
}
