@NullMarked
package dev.perennial.examples.cli.tail;

import org.jspecify.annotations.NullMarked;
