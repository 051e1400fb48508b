@NullMarked
package dev.perennial.cli.demo;

import org.jspecify.annotations.NullMarked;
