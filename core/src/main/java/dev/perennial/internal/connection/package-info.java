/**
 * How a stream gets and keeps its connection: start and resume of both kinds of sources, failures,
 * and reconnects. What is handed to the application is not decided here.
 */
@NullMarked
package dev.perennial.internal.connection;

import org.jspecify.annotations.NullMarked;
