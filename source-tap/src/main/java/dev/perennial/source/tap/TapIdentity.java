package dev.perennial.source.tap;

import dev.perennial.port.support.LogText;
import dev.perennial.source.tap.internal.message.MessageFields;
import dev.perennial.source.tap.internal.message.MessageFields.IdentityField;
import tools.jackson.databind.json.JsonMapper;

/** The event of a changed handle or status of an account. */
public final class TapIdentity extends TapEvent {

  private final String did;
  private final String handle;
  private final boolean active;
  private final AccountStatus status;

  TapIdentity(byte[] message, JsonMapper mapper, MessageFields fields) {
    super(message, mapper, fields);
    this.did = fields.text(IdentityField.DID);
    this.handle = fields.text(IdentityField.HANDLE);
    this.active = fields.isActive();
    this.status = AccountStatus.of(fields.text(IdentityField.STATUS));
  }

  /** Returns the account's DID. */
  @Override
  public String did() {
    return did;
  }

  /**
   * Returns the account's handle: empty if Tap has not resolved it yet, {@code handle.invalid} if
   * it does not resolve.
   */
  public String handle() {
    return handle;
  }

  /** Returns whether the account's host serves the account. */
  public boolean isActive() {
    return active;
  }

  /** Returns the account's status. */
  public AccountStatus status() {
    return status;
  }

  @Override
  public String toString() {
    return "TapIdentity["
        + idText()
        + ' '
        + LogText.brief(did)
        + " \""
        + LogText.brief(handle)
        + "\" "
        + status
        + ']';
  }
}
