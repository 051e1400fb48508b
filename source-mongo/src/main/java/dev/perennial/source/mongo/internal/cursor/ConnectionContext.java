package dev.perennial.source.mongo.internal.cursor;

/**
 * The objects that all connections of a source share, one connection at a time.
 *
 * @param deployment compares the server with the checkpoint's deployment
 * @param oplogCheck checks that a server still has the changes after a token
 * @param oneByOne the mode in which the server returns events one at a time
 * @param errors explains the driver's errors
 */
public record ConnectionContext(
    DeploymentCheck deployment,
    OplogCheck oplogCheck,
    OneByOneMode oneByOne,
    ErrorExplainer errors) {}
