package dev.perennial.source.tap;

import dev.perennial.port.ErrorClassifier;
import dev.perennial.port.TransportException;
import dev.perennial.port.Verdict;
import dev.perennial.source.tap.internal.http.BasicAuth;
import dev.perennial.source.tap.internal.http.SecretRedactor;
import dev.perennial.source.tap.internal.http.TapUri;
import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What goes wrong with a Tap, and what it means. */
final class TapErrors {

  /**
   * Retries whatever can pass: an unreachable or overloaded server, and a loss with any close code,
   * since Tap itself closes with none and the codes of proxies mean no more than that a connection
   * is over. A refusal is the server's word only if it persists: it may be that of a proxy or a
   * balancer before a Tap that restarts.
   */
  static final ErrorClassifier CLASSIFIER =
      ((ErrorClassifier) TapErrors::refusal)
          .orElse(ErrorClassifier.transport())
          .orElse(ErrorClassifier.network());

  /** What Tap says when it posts its events to a webhook instead. */
  private static final String WEBHOOK_MODE = "webhook mode";

  private TapErrors() {}

  private static Optional<Verdict> refusal(Throwable error) {
    return error instanceof TapException ? Optional.of(Verdict.refused()) : Optional.empty();
  }

  /** Says what a rejected handshake means; one that may go better next time stays as it is. */
  static IOException explain(
      TransportException.Rejected rejected,
      TapUri uri,
      @Nullable BasicAuth auth,
      SecretRedactor secrets) {
    boolean passes =
        ErrorClassifier.transport()
            .classify(rejected)
            .filter(Verdict.Retry.class::isInstance)
            .isPresent();
    if (passes) {
      return rejected;
    }
    int status = rejected.status();
    boolean byServer = rejected.proxy().isEmpty();
    if (byServer && status == 401) {
      String problem =
          auth == null ? "it needs a password, and none was given" : "the password is wrong";
      return new TapException.Unauthorized(
          "Tap at " + uri + " refused access (401): " + problem + "; set it with password()",
          rejected.header("www-authenticate").map(secrets::clean).orElse(null),
          rejected);
    }
    if (byServer && status == 400 && rejected.body().contains(WEBHOOK_MODE)) {
      return new TapException.WebhookMode(
          "Tap at "
              + uri
              + " posts its events to a webhook and has no event channel (400); start it without --webhook-url",
          rejected);
    }
    String said = secrets.clean(rejected.body());
    return new TapException.Refused(
        status,
        "Cannot open Tap's event channel at "
            + uri.shownChannel()
            + ": "
            + secrets.clean(String.valueOf(rejected.getMessage()))
            + (said.isEmpty() ? "" : " and said \"" + said + '"')
            + (byServer ? ". Check that it is the address of a Tap." : "."),
        rejected);
  }
}
