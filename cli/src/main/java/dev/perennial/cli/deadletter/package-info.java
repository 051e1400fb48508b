/** The commands that list, show and retry the dead letters in a directory. */
@NullMarked
package dev.perennial.cli.deadletter;

import org.jspecify.annotations.NullMarked;
