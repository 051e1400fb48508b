package dev.perennial.source.tap;

import dev.perennial.port.LogText;
import dev.perennial.source.tap.internal.message.IdentityFields;
import java.util.OptionalLong;
import tools.jackson.databind.json.JsonMapper;

/** The handle or the status of an account changed. */
public final class TapIdentity extends TapEvent {

  private final long id;
  private final String did;
  private final String handle;
  private final boolean active;
  private final AccountStatus status;

  TapIdentity(byte[] message, JsonMapper mapper, long id, IdentityFields fields) {
    super(message, mapper);
    this.id = id;
    this.did = fields.did();
    this.handle = fields.handle();
    this.active = fields.active();
    this.status = AccountStatus.of(fields.status());
  }

  /**
   * The number that Tap gave to the event and that an ack names: unsigned, so use {@link
   * Long#toUnsignedString(long)} to show it. Not durable: Tap may begin again at 1 when it
   * restarts, so it is no key to remember events by.
   */
  public long id() {
    return id;
  }

  @Override
  public OptionalLong idIfAny() {
    return OptionalLong.of(id);
  }

  public String did() {
    return did;
  }

  /**
   * The account's handle: empty if Tap has not resolved it yet, {@code handle.invalid} if it does
   * not resolve.
   */
  public String handle() {
    return handle;
  }

  /** Whether the account's host serves the account. */
  public boolean active() {
    return active;
  }

  public AccountStatus status() {
    return status;
  }

  @Override
  public String toString() {
    return "TapIdentity["
        + Long.toUnsignedString(id)
        + ' '
        + LogText.brief(did)
        + " \""
        + LogText.brief(handle)
        + "\" "
        + status
        + ']';
  }
}
