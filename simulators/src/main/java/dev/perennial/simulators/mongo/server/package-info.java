/**
 * What the members of a replica set share and what each has of its own: elections, open cursors,
 * access, fail points, ports and connections. What a single command does does not belong here.
 */
@NullMarked
package dev.perennial.simulators.mongo.server;

import org.jspecify.annotations.NullMarked;
