/**
 * Source for Tap, the sync service of the AT Protocol, and a client of Tap's admin API. Here is
 * what applications use, and the package-private classes that make its events and exceptions.
 */
@NullMarked
package dev.perennial.source.tap;

import org.jspecify.annotations.NullMarked;
