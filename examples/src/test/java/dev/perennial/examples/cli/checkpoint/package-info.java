@NullMarked
package dev.perennial.examples.cli.checkpoint;

import org.jspecify.annotations.NullMarked;
