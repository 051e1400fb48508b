@NullMarked
package dev.perennial.cli.console;

import org.jspecify.annotations.NullMarked;
