/** Dead letters in files: a sink that writes them, and a source that reads them. */
module dev.perennial.deadletter.file {
  requires transitive dev.perennial;
  requires static transitive org.jspecify;
  requires com.fasterxml.jackson.annotation;
  requires tools.jackson.core;
  requires tools.jackson.databind;

  exports dev.perennial.deadletter.file;
}
