@NullMarked
package dev.perennial.source.mongo.internal.error;

import org.jspecify.annotations.NullMarked;
