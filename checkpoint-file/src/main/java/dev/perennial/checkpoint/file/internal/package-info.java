/**
 * The parts of the file store: claims, lock files, names and the format of a checkpoint's file.
 * What applications call stays in the package above.
 */
@NullMarked
package dev.perennial.checkpoint.file.internal;

import org.jspecify.annotations.NullMarked;
