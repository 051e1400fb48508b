/** A small application that runs on each platform. */
@NullMarked
package dev.perennial.compat;

import org.jspecify.annotations.NullMarked;
