package dev.perennial.source.mongo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.mockito.Mockito.doReturn;
import static org.mockito.Mockito.mock;

import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.io.TempDir;

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
  void givesItsVerdictOnlyAtTheEnd(@TempDir Path directory) throws Exception {
    Path file = directory.resolve("suites").resolve("mongo.txt");
    SuiteReport written = new SuiteReport("MongoServerTest", file);
    ExtensionContext suite = mock();
    doReturn(MongoServerTest.class).when(suite).getRequiredTestClass();
    ExtensionContext nested = mock();
    doReturn(MongoServerTest.History.class).when(nested).getRequiredTestClass();

    written.beforeAll(suite);
    written.beforeAll(nested);
    written.testSuccessful(nested);
    written.afterAll(nested);
    assertThat(file).content().contains("is running").doesNotContain("passed");
    written.testFailed(nested, new AssertionError());
    written.afterAll(nested);
    assertThat(file).content().contains("is running").doesNotContain("passed");
    written.afterAll(suite);
    assertThat(file).content().contains("1 passed, 1 failed").doesNotContain("running");
  }

  @Test
  void saysWhyNothingRan() {
    catchThrowable(() ->
        report.handleBeforeAllMethodExecutionException(
            context, new IllegalStateException("Nobody is there.")));

    assertThat(report.text()).contains("could not run").endsWith("Nobody is there.");
  }
}
