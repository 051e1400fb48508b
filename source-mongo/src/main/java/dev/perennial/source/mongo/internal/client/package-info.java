/**
 * The driver's client: made or given, its settings checked, and what is asked outside a change
 * stream's cursor. Cursors belong to the package {@code cursor}.
 */
@NullMarked
package dev.perennial.source.mongo.internal.client;

import org.jspecify.annotations.NullMarked;
