@NullMarked
package dev.perennial.examples.mongo;

import org.jspecify.annotations.NullMarked;
