/**
 * A stand-in for a MongoDB replica set, in this process: it speaks the wire protocol well enough
 * for the official driver, keeps documents and an oplog in memory, and serves change streams from
 * it as the server does, with faults at the press of a button.
 *
 * <p>What "the server" does is what mongod's source and measurements on versions 4.2 to 8.0 say.
 * {@link dev.perennial.simulators.mongo.ReplicaSetSimulator} is the way in.
 */
@NullMarked
package dev.perennial.simulators.mongo;

import org.jspecify.annotations.NullMarked;
