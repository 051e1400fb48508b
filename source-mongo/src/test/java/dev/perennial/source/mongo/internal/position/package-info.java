@NullMarked
package dev.perennial.source.mongo.internal.position;

import org.jspecify.annotations.NullMarked;
