package dev.perennial.source.mongo.internal.cursor;

/**
 * What all connections of a source use, one after the other.
 *
 * @param deployment compares the server with the checkpoint's
 * @param oplogCheck asks whether a server still has what comes after a token
 * @param oneByOne whether events are asked for one by one
 * @param errors explains the driver's errors
 */
public record ConnectionContext(
    DeploymentCheck deployment,
    OplogCheck oplogCheck,
    OneByOneMode oneByOne,
    ErrorExplainer errors) {}
