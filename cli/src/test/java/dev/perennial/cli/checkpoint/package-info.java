@NullMarked
package dev.perennial.cli.checkpoint;

import org.jspecify.annotations.NullMarked;
