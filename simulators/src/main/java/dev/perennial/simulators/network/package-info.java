/**
 * The network between a client and a server, with faults. What a particular server does belongs to
 * its own package.
 */
@NullMarked
package dev.perennial.simulators.network;

import org.jspecify.annotations.NullMarked;
