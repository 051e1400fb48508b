/**
 * Tap's JSON messages, read field by field, and the hash that distinguishes them. The events made
 * of them belong to the package {@code dev.perennial.source.tap}.
 */
@NullMarked
package dev.perennial.source.tap.internal.message;

import org.jspecify.annotations.NullMarked;
