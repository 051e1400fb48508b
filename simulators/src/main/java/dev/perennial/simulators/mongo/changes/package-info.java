/**
 * Change streams: their options and stages, resume tokens, and the cursor that makes events of
 * oplog entries. Reading the command that opens a stream and sending its batches do not belong
 * here.
 */
@NullMarked
package dev.perennial.simulators.mongo.changes;

import org.jspecify.annotations.NullMarked;
