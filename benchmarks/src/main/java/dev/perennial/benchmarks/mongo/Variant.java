package dev.perennial.benchmarks.mongo;

/** The loops that are compared. */
enum Variant {
  DRIVER("driver, `ChangeStreamDocument<Document>`", DriverLoop::documents),
  DRIVER_RAW("driver, `ChangeStreamDocument<RawBsonDocument>`", DriverLoop::rawBodies),
  HAND_GETS(
      "by hand, `RawBsonDocument`, a `get` for each field",
      (uri, reading) -> DriverLoop.rawEvents(uri, RawReaders.gets(reading))),
  HAND_PASS(
      "by hand, `RawBsonDocument`, one pass",
      (uri, reading) -> DriverLoop.rawEvents(uri, RawReaders.pass(reading))),
  PERENNIAL_NEXT("**Perennial**, `next()`", StreamLoop::next),
  PERENNIAL_POLL("**Perennial**, `poll()`", StreamLoop::poll),
  PERENNIAL_GIVEN("**Perennial**, `next()`, over a client that it was given", StreamLoop::given);

  /** Makes a variant's loops. */
  private interface Factory {
    Loop.Opener make(String uri, Reading reading);
  }

  final String title;

  @SuppressWarnings("ImmutableEnumChecker") // A function without a state.
  private final Factory factory;

  Variant(String title, Factory factory) {
    this.title = title;
    this.factory = factory;
  }

  Loop.Opener opener(String uri, Reading reading) {
    return factory.make(uri, reading);
  }

  /** Whether it is a stream, and not a loop over the driver's cursor. */
  boolean isOurs() {
    return compareTo(PERENNIAL_NEXT) >= 0;
  }
}
