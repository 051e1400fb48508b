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
 * A checkpoint store that keeps everything in memory. It keeps every promise of the port except
 * durability, lists all saves, and can fail, hang, be slow and lose claims on request. Safe for use
 * from any thread.
 */
public final class InMemoryCheckpointStore implements CheckpointStore {

  /** A kind of call that a stream makes to the store. */
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
   * A save that took effect, including one that threw afterwards.
   *
   * @param streamId the stream that saved
   * @param checkpoint the saved checkpoint
   * @param at the time of the save
   */
  public record Save(String streamId, Checkpoint checkpoint, Instant at) {}

  /** A claim that is held, and the callback that reports its loss. */
  private record Holder(GrantedClaim claim, Consumer<CheckpointException> lost) {}

  private final StreamRuntime runtime;
  private final StoreFaults faults;
  // The lock of all fields below. Never held while the store calls the runtime or the stream.
  private final Map<String, Checkpoint> checkpoints = new HashMap<>();
  private final Map<String, Holder> claims = new HashMap<>();
  private final Map<String, String> corrupt = new HashMap<>();
  private final List<Save> saves = new ArrayList<>();
  private boolean closed;

  /** Makes an empty store in real time. */
  public InMemoryCheckpointStore() {
    this(StreamRuntime.system());
  }

  /** Makes an empty store in the time of the given runtime. */
  public InMemoryCheckpointStore(StreamRuntime runtime) {
    this.runtime = runtime;
    this.faults = new StoreFaults(runtime);
  }

  // --- reading

  /** Returns the checkpoint of a stream; empty if none is saved. */
  public Optional<Checkpoint> checkpoint(String streamId) {
    synchronized (checkpoints) {
      return Optional.ofNullable(checkpoints.get(streamId));
    }
  }

  /** Returns all saves that took effect, in order. */
  public List<Save> saves() {
    synchronized (checkpoints) {
      return List.copyOf(saves);
    }
  }

  /** Returns whether the checkpoint of a stream is claimed. */
  public boolean isClaimed(String streamId) {
    synchronized (checkpoints) {
      return claims.containsKey(streamId);
    }
  }

  /** Returns how many calls of a kind have begun. */
  public int calls(Call call) {
    return faults.calls(call);
  }

  // --- setting up

  /** Puts a checkpoint into the store, as an earlier process would have saved it. */
  public InMemoryCheckpointStore put(String streamId, Checkpoint checkpoint) {
    synchronized (checkpoints) {
      corrupt.remove(streamId);
      checkpoints.put(streamId, checkpoint);
    }
    return this;
  }

  /** Makes the stored checkpoint of a stream unreadable until another one is saved or put. */
  public InMemoryCheckpointStore corrupt(String streamId) {
    synchronized (checkpoints) {
      corrupt.put(
          streamId,
          "Cannot load checkpoint \"" + streamId + "\": the stored text is not a checkpoint.");
    }
    return this;
  }

  /** Makes the next calls of a kind throw without effect. */
  public InMemoryCheckpointStore fail(Call call, int times) {
    return fail(
        call, times, CheckpointException.unavailable("The test made this call fail.", null));
  }

  /** Makes the next calls of a kind throw the given exception without effect. */
  public InMemoryCheckpointStore fail(Call call, int times, CheckpointException failure) {
    faults.fail(call, times, failure);
    return this;
  }

  /**
   * Makes the next calls of a kind throw after they took effect, like a call whose reply is lost.
   */
  public InMemoryCheckpointStore failAfterEffect(Call call, int times) {
    faults.failAfterEffect(
        call, times, CheckpointException.unavailable("The test lost the reply.", null));
    return this;
  }

  /** Makes calls of a kind hang before they take effect, until {@link #release}. */
  public InMemoryCheckpointStore hang(Call call) {
    faults.hang(call);
    return this;
  }

  /** Makes the next call of a kind hang for a time before it takes effect. */
  public InMemoryCheckpointStore hang(Call call, Duration time) {
    faults.hang(call, time);
    return this;
  }

  /** Lets hanging calls of a kind continue, and later calls pass. */
  public void release(Call call) {
    faults.release(call);
  }

  /** Cancels all requested failures, hangs and delays, and lets hanging calls continue. */
  public void heal() {
    faults.heal();
  }

  /** Sets how long every call takes. Default: no time. */
  public InMemoryCheckpointStore takes(Duration time) {
    faults.takes(time);
    return this;
  }

  /** Takes the claim of a stream away and reports the loss to the stream. */
  public void loseClaim(String streamId) {
    Holder lost;
    synchronized (checkpoints) {
      lost = claims.remove(streamId);
    }
    if (lost != null) {
      lost.lost.accept(notHeld(streamId));
    }
  }

  /** Takes a claim away without a report, like the expired claim of a process that was killed. */
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
      // The caller never gets this claim, so it could not release it.
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

  /** Closes the store. Its checkpoints and claims stay as they are, and can still be read. */
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
        "The claim on checkpoint \"" + streamId + "\" is not held any more.", null);
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
                "The stream used a claim from two threads at once: "
                    + call
                    + " during "
                    + other
                    + ".");
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
        throw CheckpointException.claimed(
            "Cannot %s checkpoint \"%s\": a stream holds its claim. Close that stream first."
                .formatted(action, streamId));
      }
    }
  }
}
