/**
 * The commands that clients send: the dispatcher finds one for each request, and each runs on the
 * server's state. State that outlives a command does not belong here.
 */
@NullMarked
package dev.perennial.simulators.mongo.command;

import org.jspecify.annotations.NullMarked;
