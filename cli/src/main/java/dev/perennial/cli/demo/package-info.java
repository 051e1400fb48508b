/** The demos, in which everything goes wrong and nothing is lost. */
@NullMarked
package dev.perennial.cli.demo;

import org.jspecify.annotations.NullMarked;
