package dev.perennial.simulators.mongo.wire;

/** Which release has which maxWireVersion: where behaviour changed. */
public final class WireVersions {

  public static final int V4_2 = 8;
  public static final int V4_4 = 9;
  public static final int V5_0 = 13;
  public static final int V6_0 = 17;
  public static final int V6_1 = 18;
  public static final int V7_0 = 21;

  private WireVersions() {}

  /** What the server of that wire version says it is. */
  public static String release(int wireVersion) {
    return switch (wireVersion) {
      case V4_2 -> "4.2.25";
      case V4_4 -> "4.4.29";
      case V5_0 -> "5.0.31";
      case V6_0 -> "6.0.20";
      case V7_0 -> "7.0.16";
      case 25 -> "8.0.5";
      default ->
          wireVersion < V5_0
              ? "4.9.0"
              : wireVersion < V6_0
                  ? "5." + (wireVersion - V5_0) + ".0"
                  : wireVersion < V7_0
                      ? "6." + (wireVersion - V6_0) + ".0"
                      : "7." + (wireVersion - V7_0) + ".0";
    };
  }
}
