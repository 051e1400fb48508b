/** Examples of watching MongoDB. Begin with {@link dev.perennial.examples.mongo.WatchOrders}. */
@NullMarked
package dev.perennial.examples.mongo;

import org.jspecify.annotations.NullMarked;
