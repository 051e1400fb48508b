/**
 * The claim on a checkpoint, and the saves of a window's watermark, run one at a time off the
 * application's threads. What stores must do is in the ports.
 */
@NullMarked
package dev.perennial.internal.checkpoint;

import org.jspecify.annotations.NullMarked;
