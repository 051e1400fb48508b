package dev.perennial.internal.checkpoint;

import dev.perennial.internal.stream.Deadline;
import java.time.Instant;
import java.util.Optional;

/** Checkpointing for streams without a store: does nothing. */
public final class NoCheckpointing implements Checkpointing {

  @Override
  public void acked() {}

  @Override
  public void progressed() {}

  @Override
  public void saveNow() {}

  @Override
  public void flush(Deadline deadline) {}

  @Override
  public SaveResult result() {
    return SaveResult.NONE;
  }

  @Override
  public boolean keepsClaim() {
    return false;
  }

  @Override
  public void release(Runnable released) {}

  @Override
  public boolean isHeldUpByCaller() {
    return false;
  }

  @Override
  public Optional<Instant> lastSave() {
    return Optional.empty();
  }
}
