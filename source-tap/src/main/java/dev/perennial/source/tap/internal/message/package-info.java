/**
 * Tap's JSON messages, read field by field, and the digest that tells two of them apart. The events
 * that are made of them belong to the package {@code dev.perennial.source.tap}.
 */
@NullMarked
package dev.perennial.source.tap.internal.message;

import org.jspecify.annotations.NullMarked;
