package dev.perennial.testkit;

import dev.perennial.port.Checkpoint;
import dev.perennial.port.CheckpointAdmin;
import dev.perennial.port.CheckpointClaim;
import dev.perennial.port.CheckpointException;
import dev.perennial.port.CheckpointStore;
import dev.perennial.port.StreamRuntime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A checkpoint store that does all that the port asks for, but for durability: what it holds is
 * gone with it. It remembers every save, and can be told to fail, to hang, to be slow and to lose
 * claims. Safe for use from any thread.
 */
public final class InMemoryCheckpointStore implements CheckpointStore {

  /** What a stream asks of a store. */
  public enum Call {
    /** {@link CheckpointStore#tryClaim}. */
    CLAIM,
    /** {@link CheckpointClaim#load}. */
    LOAD,
    /** {@link CheckpointClaim#save}. */
    SAVE,
    /** {@link CheckpointClaim#close}. */
    RELEASE
  }

  /**
   * A save that succeeded, or took effect though it failed.
   *
   * @param streamId of which stream
   * @param checkpoint what was saved
   * @param at when
   */
  public record Save(String streamId, Checkpoint checkpoint, Instant at) {}

  /**
   * Who holds a stream's checkpoint. Compared by identity: a claim whose claim was lost holds it no
   * more.
   */
  private record Holder(GrantedClaim claim, Consumer<CheckpointException> lost) {}

  private final StreamRuntime runtime;
  private final StoreFaults faults;
  // Guarded by itself, and never held while calling the runtime or the stream.
  private final Map<String, Checkpoint> checkpoints = new HashMap<>();
  private final Map<String, Holder> claims = new HashMap<>();
  private final Map<String, String> corrupt = new HashMap<>();
  private final List<Save> saves = new ArrayList<>();
  private boolean closed;

  /** Makes a store with nothing in it, in real time. */
  public InMemoryCheckpointStore() {
    this(StreamRuntime.system());
  }

  /** Makes a store with nothing in it. */
  public InMemoryCheckpointStore(StreamRuntime runtime) {
    this.runtime = runtime;
    this.faults = new StoreFaults(runtime);
  }

  // --- looking

  /** What is saved of a stream. */
  public Optional<Checkpoint> checkpoint(String streamId) {
    synchronized (checkpoints) {
      return Optional.ofNullable(checkpoints.get(streamId));
    }
  }

  /** Every save that took effect, in order. */
  public List<Save> saves() {
    synchronized (checkpoints) {
      return List.copyOf(saves);
    }
  }

  /** Whether somebody has a stream's checkpoint. */
  public boolean isClaimed(String streamId) {
    synchronized (checkpoints) {
      return claims.containsKey(streamId);
    }
  }

  /** How many calls of a kind were begun. */
  public int calls(Call call) {
    return faults.calls(call);
  }

  // --- telling it what to do

  /** Puts a checkpoint there, as an earlier process would have. */
  public InMemoryCheckpointStore put(String streamId, Checkpoint checkpoint) {
    synchronized (checkpoints) {
      corrupt.remove(streamId);
      checkpoints.put(streamId, checkpoint);
    }
    return this;
  }

  /** Spoils what is stored of a stream, until something is saved or put in its place. */
  public InMemoryCheckpointStore corrupt(String streamId) {
    synchronized (checkpoints) {
      corrupt.put(streamId, "what is stored for '" + streamId + "' is not a checkpoint");
    }
    return this;
  }

  /** The next calls of a kind throw, without effect. */
  public InMemoryCheckpointStore fail(Call call, int times) {
    return fail(call, times, CheckpointException.unavailable("the store was told to fail", null));
  }

  /** The next calls of a kind throw this, without effect. */
  public InMemoryCheckpointStore fail(Call call, int times, CheckpointException failure) {
    faults.fail(call, times, failure);
    return this;
  }

  /**
   * The next calls of a kind take effect and throw all the same, as one whose answer was lost does.
   */
  public InMemoryCheckpointStore failAfterEffect(Call call, int times) {
    faults.failAfterEffect(
        call, times, CheckpointException.unavailable("the answer was lost", null));
    return this;
  }

  /** Calls of a kind hang, without effect so far, until {@link #release} or for ever. */
  public InMemoryCheckpointStore hang(Call call) {
    faults.hang(call);
    return this;
  }

  /** The next call of a kind hangs for a time, and then goes on. */
  public InMemoryCheckpointStore hang(Call call, Duration time) {
    faults.hang(call, time);
    return this;
  }

  /** Lets calls of a kind go on that hang, and those to come. */
  public void release(Call call) {
    faults.release(call);
  }

  /** Forgets every failure and hang to come, and lets go on what hangs. */
  public void heal() {
    faults.heal();
  }

  /** Every call takes a time: none unless set. */
  public InMemoryCheckpointStore takes(Duration time) {
    faults.takes(time);
    return this;
  }

  /** Gives a stream's claim to somebody else, and tells the stream. */
  public void loseClaim(String streamId) {
    Holder lost;
    synchronized (checkpoints) {
      lost = claims.remove(streamId);
    }
    if (lost != null) {
      lost.lost.accept(notHeld(streamId));
    }
  }

  /** Takes a claim away without telling anybody, as happens to that of a process which is gone. */
  public void expireClaim(String streamId) {
    synchronized (checkpoints) {
      claims.remove(streamId);
    }
  }

  // --- the store

  @Override
  public Optional<CheckpointClaim> tryClaim(String streamId, Consumer<CheckpointException> lost)
      throws CheckpointException {
    faults.before(Call.CLAIM);
    requireOpen("claim", streamId);
    GrantedClaim claim = new GrantedClaim(streamId);
    boolean claimed;
    synchronized (checkpoints) {
      claimed = claims.putIfAbsent(streamId, new Holder(claim, lost)) == null;
    }
    try {
      faults.after(Call.CLAIM);
    } catch (CheckpointException e) {
      // A claim whose answer was lost would be held by nobody.
      claim.giveUp();
      throw e;
    }
    return claimed ? Optional.of(claim) : Optional.empty();
  }

  /**
   * Returns the administration of the checkpoints. It neither fails nor hangs on request, and
   * {@link #saves} does not list what it puts.
   */
  @Override
  public Optional<CheckpointAdmin> admin() {
    return Optional.of(new Admin());
  }

  /**
   * Closes the store, as the port says: what is saved and who has claimed it stays as it is, and
   * can be looked at.
   */
  @Override
  public void close() {
    synchronized (checkpoints) {
      closed = true;
    }
  }

  private void requireOpen(String call, String streamId) throws CheckpointException {
    requireOpen(call + " checkpoint \"" + streamId + "\"");
  }

  private void requireOpen(String action) throws CheckpointException {
    synchronized (checkpoints) {
      if (closed) {
        throw CheckpointException.closed(
            "Cannot " + action + ": the store is closed. Close the streams first, then the store.");
      }
    }
  }

  /** Loads what is stored. The caller holds the lock of the checkpoints. */
  private Optional<Checkpoint> stored(String streamId) throws CheckpointException {
    String spoiled = corrupt.get(streamId);
    if (spoiled != null) {
      throw CheckpointException.corrupt(spoiled, null);
    }
    return Optional.ofNullable(checkpoints.get(streamId));
  }

  private static CheckpointException notHeld(String streamId) {
    return CheckpointException.claimLost(
        "the claim on '" + streamId + "' is not held any more", null);
  }

  private final class GrantedClaim implements CheckpointClaim {

    private final String streamId;
    private boolean closed;
    private @Nullable String inside;

    GrantedClaim(String streamId) {
      this.streamId = streamId;
    }

    @Override
    public Optional<Checkpoint> load() throws CheckpointException {
      enter("load");
      try {
        faults.before(Call.LOAD);
        requireOpen("load", streamId);
        Optional<Checkpoint> loaded;
        synchronized (checkpoints) {
          requireClaim();
          loaded = stored(streamId);
        }
        faults.after(Call.LOAD);
        return loaded;
      } finally {
        exit();
      }
    }

    @Override
    public void save(Checkpoint checkpoint) throws CheckpointException {
      enter("save");
      try {
        faults.before(Call.SAVE);
        requireOpen("save", streamId);
        Instant now = runtime.now();
        synchronized (checkpoints) {
          requireClaim();
          corrupt.remove(streamId);
          checkpoints.put(streamId, checkpoint);
          saves.add(new Save(streamId, checkpoint, now));
        }
        faults.after(Call.SAVE);
      } finally {
        exit();
      }
    }

    @Override
    public void close() throws CheckpointException {
      enter("close");
      try {
        faults.before(Call.RELEASE);
        giveUp();
        faults.after(Call.RELEASE);
      } finally {
        exit();
      }
    }

    void giveUp() {
      synchronized (checkpoints) {
        closed = true;
        Holder claim = claims.get(streamId);
        if (claim != null && claim.claim == this) {
          claims.remove(streamId);
        }
      }
    }

    private void requireClaim() throws CheckpointException {
      Holder claim = claims.get(streamId);
      if (closed || claim == null || claim.claim != this) {
        throw notHeld(streamId);
      }
    }

    private void enter(String call) {
      String other;
      synchronized (checkpoints) {
        other = inside;
        inside = other == null ? call : other;
      }
      if (other != null) {
        AssertionError error =
            new AssertionError(
                "the stream used a claim from two threads at once: " + call + " during " + other);
        RuntimeWaits.fail(runtime, error);
        throw error;
      }
    }

    private void exit() {
      synchronized (checkpoints) {
        inside = null;
      }
    }
  }

  private final class Admin implements CheckpointAdmin {

    @Override
    public List<String> streamIds() throws CheckpointException {
      synchronized (checkpoints) {
        requireOpen("list the checkpoints");
        TreeSet<String> ids = new TreeSet<>(checkpoints.keySet());
        ids.addAll(corrupt.keySet());
        return List.copyOf(ids);
      }
    }

    @Override
    public Optional<Checkpoint> load(String streamId) throws CheckpointException {
      synchronized (checkpoints) {
        requireOpen("load", streamId);
        return stored(streamId);
      }
    }

    @Override
    public void put(String streamId, Checkpoint checkpoint) throws CheckpointException {
      synchronized (checkpoints) {
        requireUnclaimed("put", streamId);
        InMemoryCheckpointStore.this.put(streamId, checkpoint);
      }
    }

    @Override
    public boolean delete(String streamId) throws CheckpointException {
      synchronized (checkpoints) {
        requireUnclaimed("delete", streamId);
        boolean wasCorrupt = corrupt.remove(streamId) != null;
        return checkpoints.remove(streamId) != null || wasCorrupt;
      }
    }

    private void requireUnclaimed(String action, String streamId) throws CheckpointException {
      requireOpen(action, streamId);
      if (claims.containsKey(streamId)) {
        throw CheckpointException.unavailable(
            "Cannot %s checkpoint \"%s\": a stream holds its claim. Close that stream first."
                .formatted(action, streamId),
            null);
      }
    }
  }
}
