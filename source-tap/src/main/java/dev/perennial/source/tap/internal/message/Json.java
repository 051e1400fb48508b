package dev.perennial.source.tap.internal.message;

import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.TokenStreamFactory;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.cfg.JsonNodeFeature;
import tools.jackson.databind.json.JsonMapper;

/** How JSON is read: nothing that Tap sends may fail because of a limit that is somebody else's. */
public final class Json {

  /**
   * How deep a message may be nested. Skipping costs some 60 bytes of heap a level, so this bounds
   * what a hostile record can make us hold; records keep to 32 levels by the AT Protocol's data
   * model, though no server has to see to it.
   */
  static final int MAX_DEPTH = 100_000;

  /**
   * How many digits a number of a payload may have. Far over any use, and so few that reading it,
   * which takes a time that grows with the square of it, is not felt.
   */
  static final int MAX_NUMBER_LENGTH = 100_000;

  /** Reads envelopes: a transport has bounded the message already. */
  static final JsonFactory ENVELOPES =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(MAX_DEPTH)
                  .maxStringLength(Integer.MAX_VALUE)
                  .maxNumberLength(Integer.MAX_VALUE)
                  .maxNameLength(Integer.MAX_VALUE)
                  .build())
          // A text message is UTF-8; what looks like another encoding is no JSON.
          .disable(TokenStreamFactory.Feature.CHARSET_DETECTION)
          // The table of names is shared by all messages, and one record with odd names must not
          // spoil the next.
          .disable(TokenStreamFactory.Feature.FAIL_ON_SYMBOL_HASH_OVERFLOW)
          .build();

  /**
   * Reads payloads unless the application brings a mapper. Keeps Jackson's own limit of nesting: a
   * mapper recurses, and the stack that it has is the application's. In a tree, numbers with a
   * fraction or an exponent are decimal ones, because a double would lose digits, and an exponent
   * over 308 would make it infinite.
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
