@NullMarked
package dev.perennial.source.mongo.internal.client;

import org.jspecify.annotations.NullMarked;
