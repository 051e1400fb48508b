/**
 * Calling the application's handlers: in which order, how many at once, and what follows a failure.
 */
@NullMarked
package dev.perennial.internal.handling;

import org.jspecify.annotations.NullMarked;
