package dev.perennial.source.tap.internal.message;

import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.TokenStreamFactory;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.cfg.JsonNodeFeature;
import tools.jackson.databind.json.JsonMapper;

/** The mapper of this module. Its limits are so high that no event from Tap exceeds them. */
public final class Json {

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
                          // In digits: more than any use needs, and few enough that reading a
                          // number, which takes time in the square of its length, is fast.
                          .maxNumberLength(100_000)
                          .maxNameLength(Integer.MAX_VALUE)
                          .build())
                  .disable(TokenStreamFactory.Feature.FAIL_ON_SYMBOL_HASH_OVERFLOW)
                  .build())
          .enable(JsonNodeFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .build();

  private Json() {}
}
