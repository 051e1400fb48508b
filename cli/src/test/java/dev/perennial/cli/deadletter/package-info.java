@NullMarked
package dev.perennial.cli.deadletter;

import org.jspecify.annotations.NullMarked;
