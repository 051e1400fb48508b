/**
 * The demos: each consumes a simulated server, injects faults, and compares the handled events with
 * those that the server sent.
 */
@NullMarked
package dev.perennial.cli.demo;

import org.jspecify.annotations.NullMarked;
