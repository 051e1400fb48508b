/** Virtual time, scripted sources and an in-memory checkpoint store for tests. */
module dev.perennial.testkit {
  requires transitive dev.perennial;
  requires static transitive org.jspecify;

  exports dev.perennial.testkit;
}
