/**
 * What adapters may use: a queue from a client that pushes to a connection that is pulled, error
 * classifiers, text for messages and log lines, and a check of a library's version. It depends on
 * {@code dev.perennial.port} only; the engine uses some of it too.
 */
@NullMarked
package dev.perennial.port.support;

import org.jspecify.annotations.NullMarked;
