@NullMarked
package dev.perennial.examples.cli.demo;

import org.jspecify.annotations.NullMarked;
