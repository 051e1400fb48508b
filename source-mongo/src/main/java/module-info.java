/** The source for the change streams of MongoDB. */
// The driver has automatic names only.
@SuppressWarnings({"requires-automatic", "requires-transitive-automatic"})
module dev.perennial.source.mongo {
  requires transitive dev.perennial;
  requires transitive org.mongodb.bson;
  requires transitive org.mongodb.driver.core;
  requires transitive org.mongodb.driver.sync.client;
  requires static transitive org.jspecify;
  requires org.slf4j;

  exports dev.perennial.source.mongo;
}
