/**
 * A MongoDB replica set in this process, for tests and demos: what its users call, which is {@link
 * dev.perennial.simulators.mongo.ReplicaSetSimulator}, the writes it takes and the faults it shows.
 * How it works belongs to the packages below, which depend on each other one way: {@code wire},
 * {@code query}, {@code storage}, {@code changes}, {@code server}, {@code command}.
 *
 * <p>It behaves as mongod's source and measurements on versions 4.2 to 8.0 say. What it does not
 * implement it refuses with an error.
 */
@NullMarked
package dev.perennial.simulators.mongo;

import org.jspecify.annotations.NullMarked;
