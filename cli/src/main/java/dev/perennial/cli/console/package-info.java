/** What all commands need: the terminal, and errors for the person who started one. */
@NullMarked
package dev.perennial.cli.console;

import org.jspecify.annotations.NullMarked;
