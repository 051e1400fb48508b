package dev.perennial.testkit;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.perennial.port.Checkpoint;
import dev.perennial.port.CheckpointAdmin;
import dev.perennial.port.CheckpointException;
import dev.perennial.port.CheckpointException.Reason;
import dev.perennial.port.CheckpointStore;
import dev.perennial.testkit.contract.CheckpointAdminContract;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class InMemoryCheckpointContractTest extends CheckpointAdminContract {

  private final InMemoryCheckpointStore store = new InMemoryCheckpointStore();

  @Override
  protected CheckpointStore store() {
    return store;
  }

  @Override
  protected void corrupt(String streamId) {
    store.corrupt(streamId);
  }

  @Override
  protected void loseClaim(String streamId) {
    store.expireClaim(streamId);
  }

  @Test
  void failsAfterTheStoreWasClosed() {
    CheckpointAdmin admin = store.admin().orElseThrow();
    store.close();

    for (ThrowingCallable call :
        List.<ThrowingCallable>of(
            admin::streamIds,
            () -> admin.load("orders"),
            () -> admin.put("orders", new Checkpoint("test", "", "1")),
            () -> admin.delete("orders"))) {
      assertThatThrownBy(call)
          .isInstanceOf(CheckpointException.class)
          .hasFieldOrPropertyWithValue("reason", Reason.CLOSED);
    }
  }
}
