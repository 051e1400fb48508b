/** The source for Tap, the sync service of the AT Protocol, and a client for its admin API. */
module dev.perennial.source.tap {
  requires transitive dev.perennial;
  requires transitive java.net.http;
  requires transitive tools.jackson.databind;
  requires static transitive org.jspecify;
  requires com.fasterxml.jackson.annotation;
  requires tools.jackson.core;

  exports dev.perennial.source.tap;
}
