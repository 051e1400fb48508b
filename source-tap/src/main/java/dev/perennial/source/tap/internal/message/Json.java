package dev.perennial.source.tap.internal.message;

import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.TokenStreamFactory;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.cfg.JsonNodeFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * The JSON readers of this module. Their limits are so high that no event from Tap exceeds them.
 */
public final class Json {

  /**
   * The deepest nesting of a message, in levels. Skipping costs about 60 bytes of heap a level, so
   * this limits the memory that a hostile record costs. The AT Protocol's data model allows a
   * record 32 levels, but no server has to check that.
   */
  static final int MAX_DEPTH = 100_000;

  /**
   * The most digits of a number in a payload. More than any use needs, and few enough that reading
   * one, which takes time in the square of its length, is fast.
   */
  static final int MAX_NUMBER_LENGTH = 100_000;

  /** Reads messages, whose size the transport has limited already. */
  static final JsonFactory MESSAGES =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(MAX_DEPTH)
                  .maxStringLength(Integer.MAX_VALUE)
                  .maxNumberLength(Integer.MAX_VALUE)
                  .maxNameLength(Integer.MAX_VALUE)
                  .build())
          // A text message is UTF-8; what looks like another encoding is not JSON.
          .disable(TokenStreamFactory.Feature.CHARSET_DETECTION)
          // The table of names is shared by all messages, and one record with odd names must not
          // spoil the next.
          .disable(TokenStreamFactory.Feature.FAIL_ON_SYMBOL_HASH_OVERFLOW)
          .build();

  /**
   * Reads payloads unless the application sets a mapper. It keeps Jackson's own limit of nesting,
   * because a mapper recurses on the application's stack. In a tree, numbers with a fraction or an
   * exponent are decimals, because a double would lose digits or become infinite.
   */
  public static final JsonMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxStringLength(Integer.MAX_VALUE)
                          .maxNumberLength(MAX_NUMBER_LENGTH)
                          .maxNameLength(Integer.MAX_VALUE)
                          .build())
                  .disable(TokenStreamFactory.Feature.FAIL_ON_SYMBOL_HASH_OVERFLOW)
                  .build())
          .enable(JsonNodeFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .build();

  private Json() {}
}
