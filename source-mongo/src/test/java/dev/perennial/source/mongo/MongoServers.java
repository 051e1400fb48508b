package dev.perennial.source.mongo;

import dev.perennial.source.mongo.MongoUnderTest.Setup;

/** Where the cases get their replica set from. */
interface MongoServers {

  /** A set that is as the case needs it; aborts the test if there is none. */
  MongoUnderTest mongo(Setup setup) throws Exception;
}
