/**
 * Resume tokens, cluster times and deployments, and the text that checkpoints hold of them. How a
 * server is asked about any of these belongs to the packages {@code client} and {@code cursor}.
 */
@NullMarked
package dev.perennial.source.mongo.internal.position;

import org.jspecify.annotations.NullMarked;
