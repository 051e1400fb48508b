@NullMarked
package dev.perennial.source.mongo.internal.event;

import org.jspecify.annotations.NullMarked;
