/**
 * A Tap server in this process, for tests and demos: it behaves towards clients as the real one
 * does, defects included, and shows faults on demand. Clients of Tap do not belong here.
 *
 * <p>The real one is cmd/tap of bluesky-social/indigo at commit 4b983a7 of August 2026.
 */
@NullMarked
package dev.perennial.simulators.tap;

import org.jspecify.annotations.NullMarked;
