@NullMarked
package dev.perennial.source.mongo;

import org.jspecify.annotations.NullMarked;
