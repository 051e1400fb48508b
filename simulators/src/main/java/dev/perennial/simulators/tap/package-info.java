/**
 * A stand-in for a Tap server, in this process, which keeps the real one's behaviour towards its
 * clients, bad sides included, and adds faults at the press of a button.
 *
 * <p>What "the real one" does is what cmd/tap of bluesky-social/indigo does at commit 4b983a7 of
 * August 2026.
 */
@NullMarked
package dev.perennial.simulators.tap;

import org.jspecify.annotations.NullMarked;
