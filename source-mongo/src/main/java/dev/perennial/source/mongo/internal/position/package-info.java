/**
 * Resume tokens, cluster times and deployments, and their text in checkpoints. Requests to a server
 * about them belong to the packages {@code client} and {@code cursor}.
 */
@NullMarked
package dev.perennial.source.mongo.internal.position;

import org.jspecify.annotations.NullMarked;
