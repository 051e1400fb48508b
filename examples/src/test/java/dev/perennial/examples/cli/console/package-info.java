@NullMarked
package dev.perennial.examples.cli.console;

import org.jspecify.annotations.NullMarked;
