/**
 * Examples of how to use Perennial, each short, tested, and shown in the documentation: {@link
 * dev.perennial.examples.QuickStart} is the one to begin with.
 */
@NullMarked
package dev.perennial.examples;

import org.jspecify.annotations.NullMarked;
