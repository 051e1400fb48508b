package dev.perennial.source.tap.internal.connection;

import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The set of the ids of received events: a bit for each, in blocks, of which the most recently used
 * are kept. Not safe for use from several threads.
 */
final class ReceivedIds {

  /** The bits of an id within its block: a block covers 4,096 ids in 512 bytes. */
  private static final int BLOCK_BITS = 12;

  /** Enough for a million neighbouring ids in 128 KiB, ten times what Tap's own cache holds. */
  private static final int MOST_BLOCKS = 256;

  private final Map<Long, BitSet> blocks =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Long, BitSet> eldest) {
          return size() > MOST_BLOCKS;
        }
      };

  /** The block that the last id was added to, in which most likely the next id is, too. */
  private BitSet last = new BitSet();

  private long lastBlock = -1;

  void add(long id) {
    if (id >>> BLOCK_BITS != lastBlock) {
      lastBlock = id >>> BLOCK_BITS;
      last = blocks.computeIfAbsent(lastBlock, block -> new BitSet());
    }
    last.set(bit(id));
  }

  void addAll(ReceivedIds others) {
    others.blocks.forEach(
        (block, ids) -> blocks.computeIfAbsent(block, any -> new BitSet()).or(ids));
  }

  boolean contains(long id) {
    BitSet ids = blocks.get(id >>> BLOCK_BITS);
    return ids != null && ids.get(bit(id));
  }

  private static int bit(long id) {
    return (int) (id & ((1 << BLOCK_BITS) - 1));
  }
}
