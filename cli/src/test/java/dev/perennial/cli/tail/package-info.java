@NullMarked
package dev.perennial.cli.tail;

import org.jspecify.annotations.NullMarked;
