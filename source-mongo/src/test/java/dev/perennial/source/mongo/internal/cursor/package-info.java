@NullMarked
package dev.perennial.source.mongo.internal.cursor;

import org.jspecify.annotations.NullMarked;
