/**
 * The data: collections, their documents, transactions, and the oplog with the change behind each
 * entry. How an entry becomes an event of a change stream does not belong here.
 */
@NullMarked
package dev.perennial.simulators.mongo.storage;

import org.jspecify.annotations.NullMarked;
