/** The rules between the modules. */
@NullMarked
package dev.perennial.architecture;

import org.jspecify.annotations.NullMarked;
