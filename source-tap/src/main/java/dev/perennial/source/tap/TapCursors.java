package dev.perennial.source.tap;

import java.util.Optional;
import java.util.OptionalLong;

/**
 * The cursors of Tap in what it reads.
 *
 * @param firehose the sequence number in the relay's firehose; empty if Tap has not read from it
 * @param listRepos the cursor in the list of all repos; empty if Tap has not begun to read it
 */
public record TapCursors(OptionalLong firehose, Optional<String> listRepos) {}
