package dev.perennial.internal.handling;

import dev.perennial.port.support.LogText;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The keys of dead letters whose later events are not handled. Safe for use from any thread. */
public final class Quarantine {

  /** Enough for any fault but one of the whole application, which should not fill the memory. */
  private static final int MAX_KEYS = 100_000;

  private final Set<Object> keys = ConcurrentHashMap.newKeySet();

  boolean contains(Object key) {
    return !keys.isEmpty() && keys.contains(key);
  }

  /** Adds a key. Throws if there are too many. */
  void add(Object key) {
    if (keys.size() >= MAX_KEYS && !keys.contains(key)) {
      throw new IllegalStateException(
          "Cannot quarantine key \""
              + LogText.brief(key.toString())
              + "\": "
              + MAX_KEYS
              + " keys are in quarantine. Release keys with EventStream.releaseKey().");
    }
    keys.add(key);
  }

  /** Releases a key. Returns whether it was in quarantine. */
  public boolean release(Object key) {
    return keys.remove(key);
  }

  /** Returns the keys at this moment. */
  public Set<Object> keys() {
    return Set.copyOf(keys);
  }
}
