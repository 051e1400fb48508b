package dev.perennial.checkpoint.redis;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * A script that Redis runs as one step. All take one key, the hash of a stream, and answer with a
 * list whose first entry says what happened.
 *
 * @param text its source
 * @param digest the SHA-1 of that, by which Redis knows a script that it has run before
 */
record Script(String text, String digest) {

  /** The version of the hash's layout that is written, and the only one that is read. */
  static final String FORMAT = "1";

  /** For so long a deleted stream's epoch is kept, in days. */
  private static final int TOMBSTONE_DAYS = 7;

  /**
   * What the scripts have in common. Numbers are written out in full, because Lua would round them
   * to 14 digits. Dates are reckoned in years that begin in March, so that the leap day is a year's
   * last.
   */
  static final String COMMON =
      """
      local key = KEYS[1]
      local kind = redis.call('TYPE', key).ok
      local time = redis.call('TIME')
      local now = time[1] * 1000 + math.floor(time[2] / 1000)

      local function text(number)
        return string.format('%.0f', number)
      end

      local function number(value)
        if value and #value < 16 and string.match(value, '^%d+$') then
          return tonumber(value)
        end
        return nil
      end

      local function iso(millis)
        local floor = math.floor
        local seconds = floor(millis / 1000)
        local day = floor(seconds / 86400) + 719468
        local era = floor(day / 146097)
        local inEra = day - era * 146097
        local year = floor((inEra - floor(inEra / 1460) + floor(inEra / 36524) - floor(inEra / 146096)) / 365)
        local inYear = inEra - (365 * year + floor(year / 4) - floor(year / 100))
        local month = floor((5 * inYear + 2) / 153)
        local inMonth = inYear - floor((153 * month + 2) / 5) + 1
        year = year + era * 400
        month = month + 3
        if month > 12 then
          month = month - 12
          year = year + 1
        end
        return string.format('%04d-%02d-%02dT%02d:%02d:%02d.%03dZ', year, month, inMonth,
          floor(seconds / 3600) % 24, floor(seconds / 60) % 60, seconds % 60, millis % 1000)
      end

      local function live(millis)
        if millis == '0' then
          redis.call('PERSIST', key)
        else
          redis.call('PEXPIRE', key, millis)
        end
      end

      """;

  /** Whether the caller still has the claim. Arguments: owner, epoch, expiry, time to live. */
  private static final String OURS =
      """
      if kind == 'none' then return {'absent'} end
      if kind ~= 'hash' then return {'corrupt', 'it is a ' .. kind .. ' and no hash'} end
      local held = redis.call('HMGET', key, 'owner', 'epoch', 'save', 'checkpoint')
      if held[1] ~= ARGV[1] then return {'lost', held[1] or '', held[2] or ''} end
      if held[2] ~= ARGV[2] then return {'epoch', held[2] or ''} end
      """;

  /**
   * Takes the claim if nobody has it. Arguments: owner, expiry, time to live, an owner that need
   * not be respected, and whether a checkpoint is known to have been there. Answers {@code claimed}
   * with epoch, save number, and whether there is a checkpoint; {@code held} with owner and the
   * latter; {@code vanished}; {@code corrupt} with a reason.
   */
  static final Script CLAIM =
      of(
          """
          if kind == 'none' and ARGV[5] == '1' then return {'vanished'} end
          if kind ~= 'none' and kind ~= 'hash' then
            return {'corrupt', 'it is a ' .. kind .. ' and no hash'}
          end
          local epoch, save, saved = 0, 0, 0
          if kind == 'hash' then
            local held = redis.call('HMGET', key, 'format', 'epoch', 'save', 'owner', 'claim-expires')
            if held[1] ~= '1' then
              return {'corrupt', 'its field "format" is ' .. (held[1] and '"' .. held[1] .. '"' or 'missing')
                .. ', of which this program knows only "1"'}
            end
            epoch = number(held[2])
            if not epoch then return {'corrupt', 'its field "epoch" is missing or no number'} end
            save = number(held[3])
            if not save then return {'corrupt', 'its field "save" is missing or no number'} end
            saved = redis.call('HEXISTS', key, 'checkpoint')
            if held[4] then
              local expires = number(held[5])
              if not expires then return {'corrupt', 'its field "claim-expires" is missing or no number'} end
              if expires > now and held[4] ~= ARGV[4] then return {'held', held[4], saved} end
            end
          end
          epoch = math.max(epoch + 1, now)
          redis.call('HSET', key, 'format', '1', 'epoch', text(epoch), 'owner', ARGV[1],
            'claimed', iso(now), 'claim-expires', text(now + ARGV[2]), 'save', text(save))
          redis.call('HDEL', key, 'released')
          live(ARGV[3])
          return {'claimed', text(epoch), text(save), saved}
          """);

  /** Puts the claim's end off. Answers {@code ok}, or why not. */
  static final Script RENEW =
      of(
          OURS
              + """
              redis.call('HSET', key, 'claim-expires', text(now + ARGV[3]))
              live(ARGV[4])
              return {'ok'}
              """);

  /**
   * Saves, which renews the claim as well. Further arguments: the save's number, which must be
   * higher than the last unless it is the same save again, and the checkpoint. Answers {@code ok},
   * {@code stale} with the number there, or why not.
   */
  static final Script SAVE =
      of(
          OURS
              + """
              local last = number(held[3])
              if not last then return {'corrupt', 'its field "save" is missing or no number'} end
              local this = tonumber(ARGV[5])
              if this < last or (this == last and held[4] ~= ARGV[6]) then
                return {'stale', text(last)}
              end
              redis.call('HSET', key, 'checkpoint', ARGV[6], 'save', ARGV[5], 'saved', iso(now),
                'claim-expires', text(now + ARGV[3]))
              redis.call('HDEL', key, 'deleted')
              live(ARGV[4])
              return {'ok'}
              """);

  /**
   * Writes a hash again that is gone, claim and all, under a new epoch. Arguments as for a save;
   * the checkpoint is empty if there is none. Answers {@code ok} with the epoch, or {@code present}
   * if it is not gone.
   */
  static final Script RESTORE =
      of(
          """
          if kind ~= 'none' then return {'present'} end
          local epoch = math.max(tonumber(ARGV[2]) + 1, now)
          redis.call('HSET', key, 'format', '1', 'epoch', text(epoch), 'owner', ARGV[1],
            'claimed', iso(now), 'claim-expires', text(now + ARGV[3]), 'save', ARGV[5],
            'restored', iso(now))
          if ARGV[6] ~= '' then
            redis.call('HSET', key, 'checkpoint', ARGV[6], 'saved', iso(now))
          end
          live(ARGV[4])
          return {'ok', text(epoch)}
          """);

  /** Gives the claim up. Arguments: owner, time to live. Answers {@code ok} or {@code gone}. */
  static final Script RELEASE =
      of(
          """
          if kind ~= 'hash' or redis.call('HGET', key, 'owner') ~= ARGV[1] then return {'gone'} end
          redis.call('HDEL', key, 'owner', 'claimed', 'claim-expires')
          redis.call('HSET', key, 'released', iso(now))
          live(ARGV[2])
          return {'ok'}
          """);

  /**
   * Deletes the checkpoint, or what else is there, unless it is claimed. What is left for a while
   * is the epoch, by which who once had the claim learns that it is lost. Answers {@code deleted},
   * {@code none}, or {@code held} with the owner.
   */
  static final Script DELETE =
      of(
          """
          if kind == 'none' then return {'none'} end
          local epoch, save, found = 0, 0, true
          if kind == 'hash' then
            local held = redis.call('HMGET', key, 'epoch', 'save', 'owner', 'claim-expires', 'checkpoint', 'format')
            if held[3] and (number(held[4]) or 0) > now then return {'held', held[3]} end
            epoch = number(held[1]) or 0
            save = number(held[2]) or 0
            found = held[5] or held[6] ~= '1'
          end
          redis.call('DEL', key)
          redis.call('HSET', key, 'format', '1', 'epoch', text(math.max(epoch + 1, now)),
            'save', text(save), 'deleted', iso(now))
          redis.call('PEXPIRE', key, %d)
          return {found and 'deleted' or 'none'}
          """
              .formatted(TOMBSTONE_DAYS * 24L * 60 * 60 * 1000));

  private static Script of(String body) {
    String text = COMMON + body;
    return new Script(text, sha1(text));
  }

  private static String sha1(String text) {
    try {
      MessageDigest sha1 = MessageDigest.getInstance("SHA-1");
      return HexFormat.of().formatHex(sha1.digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java platform has SHA-1.", e);
    }
  }
}
