/**
 * What a source was told to watch and how, checked, and what of it is sent to the server. How it is
 * sent belongs to the package {@code cursor}.
 */
@NullMarked
package dev.perennial.source.mongo.internal.watch;

import org.jspecify.annotations.NullMarked;
