/**
 * What all parts of one stream share: its options, its state, its signal, and how its threads wait.
 * Nothing here knows of windows, checkpoints or connections.
 */
@NullMarked
package dev.perennial.internal.stream;

import org.jspecify.annotations.NullMarked;
