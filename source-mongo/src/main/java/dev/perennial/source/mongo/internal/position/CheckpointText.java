package dev.perennial.source.mongo.internal.position;

import dev.perennial.port.Checkpoint;
import dev.perennial.port.CheckpointException;
import dev.perennial.port.support.LogText;
import dev.perennial.source.mongo.MongoListener;
import dev.perennial.source.mongo.MongoPosition;
import dev.perennial.source.mongo.internal.event.BsonBytes;
import java.util.Optional;
import org.bson.BsonDocument;
import org.bson.BsonTimestamp;
import org.bson.json.JsonParseException;
import org.jspecify.annotations.Nullable;

/**
 * The text format of positions in checkpoints. The text is {@code 1 token <token> <time>} or {@code
 * 1 time <time>}. 1 is the version of the format; a token is its hexadecimal digits or extended
 * JSON; a time is {@code <seconds>.<increment>}, or {@code -} if it is unknown. If the {@link
 * Deployment} of the position is known, {@code @<deployment>} follows.
 */
public final class CheckpointText {

  public static final String SOURCE = "mongodb";

  private static final String VERSION = "1";
  private static final String TOKEN = "token ";
  private static final String TIME = "time ";
  private static final String UNKNOWN = "-";
  private static final String DEPLOYMENT = " @";

  private final String fingerprint;

  /**
   * @param fingerprint the fingerprint of the current settings
   */
  public CheckpointText(String fingerprint) {
    this.fingerprint = fingerprint;
  }

  /**
   * The content of a checkpoint.
   *
   * @param position the position to resume from
   * @param settingsChanged present if the checkpoint was saved with other settings
   * @param deployment the deployment on which the checkpoint was saved
   */
  public record Restored(
      ResumePosition position,
      Optional<MongoListener.SettingsChanged> settingsChanged,
      Deployment deployment) {}

  private record SettingsChanged(
      MongoPosition checkpoint, MongoPosition resumed, String savedFingerprint, String fingerprint)
      implements MongoListener.SettingsChanged {}

  public Checkpoint encode(ResumePosition at, Deployment deployment) {
    ResumePosition position = at.durable();
    String time = position.clusterTime().map(ClusterTime::text).orElse(UNKNOWN);
    String text =
        position
            .token()
            .map(token -> TOKEN + Tokens.text(token) + ' ' + time)
            .orElseGet(() -> TIME + time);
    String mark = deployment.isUnknown() ? "" : DEPLOYMENT + deployment.text();
    return new Checkpoint(SOURCE, fingerprint, VERSION + ' ' + text + mark);
  }

  /**
   * Reads a checkpoint. If it was saved with other settings, the result is the time of its
   * position.
   *
   * @throws CheckpointException if another source saved the checkpoint, it cannot be read, or it
   *     has no time although the settings have changed
   */
  public Restored decode(Checkpoint saved) throws CheckpointException {
    if (!saved.source().equals(SOURCE)) {
      throw CheckpointException.mismatch(
          ("Cannot resume from the checkpoint: the source \"%s\" saved it, not %s."
                  + " Give this stream an id of its own.")
              .formatted(LogText.brief(saved.source()), SOURCE),
          null);
    }
    String text = saved.position();
    // Neither a token nor a time has a last word that begins with @.
    int mark =
        text.lastIndexOf(' ') == text.lastIndexOf(DEPLOYMENT) ? text.lastIndexOf(DEPLOYMENT) : -1;
    Deployment deployment = mark < 0 ? Deployment.UNKNOWN : deployment(text, mark);
    ResumePosition position = position(mark < 0 ? text : text.substring(0, mark));
    if (saved.fingerprint().equals(fingerprint)) {
      return new Restored(position, Optional.empty(), deployment);
    }
    Optional<ResumePosition> degraded = position.degraded();
    if (degraded.isEmpty()) {
      throw CheckpointException.mismatch(
          "Cannot resume from the checkpoint: it was saved with another pipeline, scope or mode, so the stream"
              + " may not find its token, and it has no cluster time. Restore those settings, or"
              + " start afresh with Checkpoints.startAfresh().",
          null);
    }
    return new Restored(
        degraded.get(),
        Optional.of(
            new SettingsChanged(position, degraded.get(), saved.fingerprint(), fingerprint)),
        deployment);
  }

  private static Deployment deployment(String text, int mark) throws CheckpointException {
    try {
      return Deployment.parse(text.substring(mark + DEPLOYMENT.length()));
    } catch (IllegalArgumentException e) {
      throw corrupt(text, "the deployment in it has the wrong form", e);
    }
  }

  private static ResumePosition position(String text) throws CheckpointException {
    int space = text.indexOf(' ');
    if (space < 0) {
      throw corrupt(text, "it must be a version and a position", null);
    }
    String version = text.substring(0, space);
    if (!version.equals(VERSION)) {
      throw corrupt(
          text,
          "its version is \"%s\" and this release reads version %s (if a newer release wrote it, use that one)"
              .formatted(LogText.brief(version), VERSION),
          null);
    }
    String rest = text.substring(space + 1);
    if (rest.startsWith(TIME)) {
      return ResumePosition.ofTime(time(text, rest.substring(TIME.length())));
    }
    if (rest.startsWith(TOKEN)) {
      return token(text, rest.substring(TOKEN.length()));
    }
    throw corrupt(text, "\"token\" or \"time\" must follow its version", null);
  }

  private static ResumePosition token(String text, String rest) throws CheckpointException {
    int space = rest.lastIndexOf(' ');
    if (space < 0) {
      throw corrupt(text, "a cluster time must follow its token", null);
    }
    String when = rest.substring(space + 1);
    @Nullable BsonTimestamp time = when.equals(UNKNOWN) ? null : time(text, when);
    @Nullable BsonDocument token;
    try {
      token = Tokens.parse(rest.substring(0, space));
    } catch (JsonParseException e) {
      throw corrupt(text, "its token is not extended JSON", e);
    }
    if (token == null) {
      throw corrupt(text, "its token is neither hexadecimal digits nor extended JSON", null);
    }
    return ResumePosition.ofToken(BsonBytes.of(token), time);
  }

  private static BsonTimestamp time(String text, String time) throws CheckpointException {
    BsonTimestamp parsed = ClusterTime.parse(time);
    if (parsed == null) {
      throw corrupt(
          text, "\"" + LogText.brief(time) + "\" is not a cluster time such as 1700000000.1", null);
    }
    return parsed;
  }

  private static CheckpointException corrupt(
      String text, String problem, @Nullable Throwable cause) {
    return CheckpointException.corrupt(
        ("Cannot read the checkpoint's position \"%s\": %s."
                + " Correct it, or start afresh with Checkpoints.startAfresh().")
            .formatted(LogText.brief(text), problem),
        cause);
  }
}
