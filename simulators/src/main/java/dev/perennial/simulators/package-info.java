/** In-process stand-ins for the servers that sources talk to. */
@NullMarked
package dev.perennial.simulators;

import org.jspecify.annotations.NullMarked;
