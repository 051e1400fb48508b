/** Source for Tap, the sync service of the AT Protocol. */
@NullMarked
package dev.perennial.source.tap;

import org.jspecify.annotations.NullMarked;
