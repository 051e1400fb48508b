/** The stream, its engine, and the ports that adapters implement. */
module dev.perennial {
  requires static transitive org.jspecify;
  requires dev.failsafe.core;
  requires java.net.http;
  requires org.slf4j;

  exports dev.perennial;
  exports dev.perennial.port;
  exports dev.perennial.port.support;
}
