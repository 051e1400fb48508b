/** The {@code perennial} command line: {@link dev.perennial.cli.Perennial} has the commands. */
@NullMarked
package dev.perennial.cli;

import org.jspecify.annotations.NullMarked;
