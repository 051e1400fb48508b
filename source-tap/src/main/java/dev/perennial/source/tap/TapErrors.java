package dev.perennial.source.tap;

import dev.perennial.port.ErrorClassifier;
import dev.perennial.port.TransportException;
import dev.perennial.port.Verdict;
import dev.perennial.port.support.ErrorClassifiers;
import dev.perennial.port.support.LogText;
import dev.perennial.source.tap.TapException.Reason;
import dev.perennial.source.tap.internal.http.BasicAuth;
import dev.perennial.source.tap.internal.http.SecretRedactor;
import dev.perennial.source.tap.internal.http.TapUri;
import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The classifier of the source's errors, and the exceptions for refusals. */
final class TapErrors {

  /**
   * Retries whatever can pass: an unreachable or overloaded server, and a loss with any close code,
   * because Tap closes with none and a proxy's code only means that the connection is over. A
   * refusal must persist before it ends a stream, because it may come from a proxy before a Tap
   * that restarts.
   */
  static final ErrorClassifier CLASSIFIER =
      ((ErrorClassifier) TapErrors::refusal)
          .orElse(ErrorClassifiers.transport())
          .orElse(ErrorClassifiers.network());

  /** Tap's words when it posts its events to a webhook instead. */
  private static final String WEBHOOK_MODE = "webhook mode";

  private TapErrors() {}

  private static Optional<Verdict> refusal(Throwable error) {
    return error instanceof TapException ? Optional.of(Verdict.refused()) : Optional.empty();
  }

  /** Explains a rejected handshake. Returns the rejection itself if another attempt may succeed. */
  static IOException explain(
      TransportException.Rejected rejected,
      TapUri uri,
      @Nullable BasicAuth auth,
      SecretRedactor secrets) {
    boolean passes =
        ErrorClassifiers.transport()
            .classify(rejected)
            .filter(Verdict.Retry.class::isInstance)
            .isPresent();
    if (passes) {
      return rejected;
    }
    int status = rejected.status();
    boolean byServer = rejected.proxy().isEmpty();
    String failed = "Cannot open Tap's event channel at " + uri.shownChannel() + ": ";
    if (byServer && status == 401) {
      String problem =
          auth == null ? "it needs a password, and none was given" : "the password is wrong";
      return new TapException(
          Reason.UNAUTHORIZED,
          status,
          failed + problem + " (status 401). Set Tap's password with TapSourceBuilder.password().",
          rejected.header("www-authenticate").map(secrets::clean).orElse(null),
          rejected);
    }
    if (byServer && status == 400 && rejected.body().contains(WEBHOOK_MODE)) {
      return new TapException(
          Reason.WEBHOOK_MODE,
          status,
          failed
              + "Tap posts its events to a webhook instead (status 400). Start it without"
              + " --webhook-url, or receive its requests with TapWebhook.",
          null,
          rejected);
    }
    String said = secrets.clean(rejected.body());
    return new TapException(
        Reason.REFUSED,
        status,
        failed
            + rejected.proxy().map(proxy -> "the proxy " + proxy).orElse("the server")
            + " answered with status "
            + status
            + secrets.clean(redirect(rejected))
            + (said.isEmpty() ? "" : " and said \"" + said + '"')
            + (byServer
                ? ". Check that it is the address of a Tap."
                : ". Check the proxy's settings."),
        null,
        rejected);
  }

  private static String redirect(TransportException.Rejected rejected) {
    return rejected.status() / 100 == 3
        ? rejected
            .header("location")
            .map(to -> ", which points to " + LogText.address(to))
            .orElse("")
        : "";
  }
}
