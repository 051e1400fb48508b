/**
 * Examples of how to use Perennial, each short, tested, and shown in the documentation. Begin with
 * {@link dev.perennial.examples.QuickStart}. Code that the documentation does not show does not
 * belong here.
 */
@NullMarked
package dev.perennial.examples;

import org.jspecify.annotations.NullMarked;
