/**
 * Consumes the change streams of MongoDB. {@link dev.perennial.source.mongo.ChangeEvent} is what
 * they give.
 */
@NullMarked
package dev.perennial.source.mongo;

import org.jspecify.annotations.NullMarked;
