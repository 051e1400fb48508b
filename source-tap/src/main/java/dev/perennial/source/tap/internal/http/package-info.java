/**
 * Addresses, headers and credentials of requests to Tap, both for its event channel and for its
 * admin API. The requests and their results belong to the package {@code dev.perennial.source.tap}.
 */
@NullMarked
package dev.perennial.source.tap.internal.http;

import org.jspecify.annotations.NullMarked;
