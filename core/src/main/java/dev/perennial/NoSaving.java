package dev.perennial;

import dev.perennial.CloseReport.CheckpointOutcome;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Of a stream that keeps no checkpoint. */
final class NoSaving implements Saving {

  @Override
  public void moved() {}

  @Override
  public void saveNow() {}

  @Override
  public CheckpointOutcome flush(Deadline deadline) {
    return CheckpointOutcome.NONE;
  }

  @Override
  public CheckpointOutcome outcome() {
    return CheckpointOutcome.NONE;
  }

  @Override
  public boolean hasClaim() {
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

  @Override
  public String kept() {
    return "";
  }

  @Override
  public @Nullable Throwable lastError() {
    return null;
  }
}
