/**
 * The {@code perennial} command line: {@link dev.perennial.examples.cli.Perennial} has the
 * commands.
 */
@NullMarked
package dev.perennial.examples.cli;

import org.jspecify.annotations.NullMarked;
