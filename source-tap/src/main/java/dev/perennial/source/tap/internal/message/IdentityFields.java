package dev.perennial.source.tap.internal.message;

import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/** The fields of an identity event. All are required. */
public final class IdentityFields extends FieldReader {

  private static final int DID = 1;
  private static final int HANDLE = 1 << 1;
  private static final int IS_ACTIVE = 1 << 2;
  private static final int STATUS = 1 << 3;

  private @Nullable String did;
  private @Nullable String handle;
  private boolean active;
  private @Nullable String status;

  public IdentityFields() {
    super("\"identity\"");
  }

  @Override
  boolean readField(String name, JsonToken value, JsonParser parser) {
    switch (name) {
      case "did" -> did = text(DID, name, value, parser);
      case "handle" -> handle = text(HANDLE, name, value, parser);
      case "is_active" -> active = flag(IS_ACTIVE, name, value);
      case "status" -> status = text(STATUS, name, value, parser);
      default -> {
        return false;
      }
    }
    return !value.isStructStart();
  }

  /** Checks that all fields are present, and returns the first problem or null. */
  public @Nullable String check() {
    require(DID, "did");
    require(HANDLE, "handle");
    require(IS_ACTIVE, "is_active");
    require(STATUS, "status");
    return problem();
  }

  public String did() {
    return checked(did);
  }

  public String handle() {
    return checked(handle);
  }

  public boolean active() {
    return active;
  }

  public String status() {
    return checked(status);
  }
}
