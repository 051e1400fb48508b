/** Checkpoints in files. */
module dev.perennial.checkpoint.file {
  requires transitive dev.perennial;
  requires static transitive org.jspecify;

  exports dev.perennial.checkpoint.file;
}
