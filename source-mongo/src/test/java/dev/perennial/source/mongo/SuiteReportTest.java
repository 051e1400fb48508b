package dev.perennial.source.mongo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.mockito.Mockito.mock;

import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtensionContext;

class SuiteReportTest {

  private final SuiteReport report = new SuiteReport("MongoServerTest");
  private final ExtensionContext context = mock();

  @Test
  void countsWhatRanAndWhatDidNotByReason() {
    report.testSuccessful(context);
    report.testSuccessful(context);
    report.testFailed(context, new AssertionError());
    for (int i = 0; i < 3; i++) {
      report.testAborted(
          context,
          catchThrowable(() -> Assumptions.assumeTrue(false, "no fail points\nand more of it")));
    }
    report.testAborted(context, catchThrowable(() -> Assumptions.abort("no oplog")));

    assertThat(report.text())
        .contains("2 passed, 1 failed, 4 skipped.")
        .endsWith("\n  3 skipped: no fail points\n  1 skipped: no oplog");
  }

  @Test
  void saysWhyNothingRan() {
    catchThrowable(() ->
        report.handleBeforeAllMethodExecutionException(
            context, new IllegalStateException("Nobody is there.")));

    assertThat(report.text()).contains("could not run").endsWith("Nobody is there.");
  }
}
