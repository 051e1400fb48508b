/**
 * What goes over a connection: messages read and written, requests, replies, the server's errors
 * and wire versions. What a command does and the state of the server do not belong here.
 */
@NullMarked
package dev.perennial.simulators.mongo.wire;

import org.jspecify.annotations.NullMarked;
