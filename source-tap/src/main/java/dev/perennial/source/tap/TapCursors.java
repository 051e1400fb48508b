package dev.perennial.source.tap;

import java.util.Optional;
import java.util.OptionalLong;

/**
 * How far Tap got with what it reads from.
 *
 * @param firehose the sequence number of the relay's firehose, if Tap has read from it
 * @param listRepos the cursor of the enumeration of repos, if Tap has begun one
 */
public record TapCursors(OptionalLong firehose, Optional<String> listRepos) {}
