@NullMarked
package dev.perennial.source.mongo.internal.watch;

import org.jspecify.annotations.NullMarked;
