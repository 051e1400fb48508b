/**
 * Examples of watching MongoDB: {@link dev.perennial.examples.mongo.WatchOrders} is the one to
 * begin with.
 */
@NullMarked
package dev.perennial.examples.mongo;

import org.jspecify.annotations.NullMarked;
