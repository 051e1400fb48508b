package dev.perennial.checkpoint.redis.internal;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * A script that Redis runs as one step. All take one key, the hash of a stream, and answer with a
 * list whose first entry says what happened. Any of them may be carried out twice, or late.
 *
 * <p>The highest epoch wins: a claim keeps its epoch for life, and where the hash has a higher one,
 * or the same without its owner, the claim is lost. Where the hash has a lower epoch, or is gone,
 * Redis has forgotten the claim, which then writes itself again, checkpoint and all.
 *
 * <p>Where Redis has forgotten a checkpoint, and a later claim began without it before that one's
 * owner came back, the later claim still wins. The hash says with which epoch it began so; by that
 * the owner learns what became of its checkpoint, and leaves it in a field of its own.
 *
 * @param text its source
 * @param digest the SHA-1 of that, by which Redis knows a script that it has run before
 */
public record Script(String text, String digest) {

  /** The version of the hash's layout that is written, and the only one that is read. */
  static final String FORMAT = "1";

  /** For so long a deleted stream's epoch is kept, in days. */
  private static final int TOMBSTONE_DAYS = 7;

  /**
   * Reads the hash. Numbers are written out in full, because Lua would round them to 14 digits. A
   * hash with a format and a checkpoint alone is one that a person has put back.
   */
  private static final String READ =
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

      local function live(millis)
        if millis == '0' then
          redis.call('PERSIST', key)
        else
          redis.call('PEXPIRE', key, millis)
        end
      end

      local epoch, save, owner, expires, line, deleted, began, problem = 0, 0, nil, nil, nil, nil, 0, nil
      if kind == 'hash' then
        local held = redis.call('HMGET', key, 'format', 'epoch', 'save', 'owner', 'claim-expires', 'checkpoint',
          'deleted', 'began')
        epoch, save, owner = number(held[2] or '0'), number(held[3] or '0'), held[4]
        expires, line, deleted, began = number(held[5]), held[6], held[7], number(held[8]) or 0
        if held[1] ~= 'FORMAT' then
          problem = 'its field "format" is ' .. (held[1] and '"' .. held[1] .. '"' or 'missing')
            .. ', of which this program knows only "FORMAT"'
        elseif not epoch then
          problem = 'its field "epoch" is no number'
        elseif not save then
          problem = 'its field "save" is no number'
        elseif owner and not expires then
          problem = 'its field "claim-expires" is missing or no number'
        end
      elseif kind ~= 'none' then
        problem = 'it is a ' .. kind .. ' and no hash'
      end

      """;

  private static final String CORRUPT =
      """
      if problem then return {'corrupt', problem} end
      """;

  /**
   * Whether the caller still has the claim, and whether Redis forgot it. Arguments: owner, epoch,
   * expiry, time to live, the number of a save with its checkpoint, which is empty if there is
   * none, and whether a checkpoint of this claim is known to have been there. Answers {@code lost}
   * with the owner; and, if a later claim began without that checkpoint although nobody has deleted
   * it, with {@code kept}, since it is then kept as {@code forgotten}, or with {@code unkept} if
   * Redis takes no write now.
   */
  private static final String OURS =
      CORRUPT
          + """
          local mine, this = tonumber(ARGV[2]), tonumber(ARGV[5])
          if epoch > mine or (epoch == mine and owner ~= ARGV[1]) then
            local fate = ''
            if ARGV[7] == '1' and began > mine then
              local kept = redis.pcall('HSET', key, 'forgotten', ARGV[6])
              fate = type(kept) == 'number' and 'kept' or 'unkept'
            end
            return {'lost', owner or '', fate}
          end
          local forgot = epoch < mine

          local function write()
            if forgot then
              redis.call('HSET', key, 'format', 'FORMAT', 'epoch', ARGV[2], 'save', ARGV[5], 'restored', text(now))
            end
            if ARGV[6] ~= '' and (forgot or this > save) then
              redis.call('HSET', key, 'checkpoint', ARGV[6], 'save', ARGV[5], 'saved', text(now))
              redis.call('HDEL', key, 'deleted')
            end
            live(ARGV[4])
          end

          """;

  /**
   * Takes the claim if nobody has it. Arguments: owner, expiry, time to live, and whether a
   * checkpoint is known to have been there. Answers {@code claimed} with epoch, save number and
   * checkpoint (empty if there is none), also to the owner; {@code held} with owner and whether
   * there is a checkpoint; {@code vanished} if there is none, was one, and nobody has deleted it;
   * {@code corrupt} with a reason.
   */
  static final Script CLAIM =
      of(
          CORRUPT
              + """
              if owner ~= ARGV[1] then
                if owner and expires > now then return {'held', owner, line and '1' or '0'} end
                if ARGV[4] == '1' and not line and not deleted then return {'vanished'} end
                epoch = math.max(epoch + 1, now)
                if not line and not deleted then redis.call('HSET', key, 'began', text(epoch)) end
              end
              redis.call('HSET', key, 'format', 'FORMAT', 'epoch', text(epoch), 'owner', ARGV[1],
                'claimed', text(now), 'claim-expires', text(now + ARGV[2]), 'save', text(save))
              live(ARGV[3])
              return {'claimed', text(epoch), text(save), line or ''}
              """);

  /**
   * Puts the claim's end off, and saves if the save's number is higher than the last. Answers
   * {@code ok} with {@code 1} if Redis had forgotten the claim and {@code 0} if not; {@code stale}
   * with the last number if a later save is there; {@code lost} as above, or {@code corrupt} with a
   * reason.
   */
  public static final Script KEEP =
      of(
          OURS
              + """
              redis.call('HSET', key, 'owner', ARGV[1], 'claim-expires', text(now + ARGV[3]))
              if forgot then redis.call('HSET', key, 'claimed', text(now)) end
              write()
              if not forgot and this <= save and ARGV[6] ~= '' and ARGV[6] ~= line then
                return {'stale', text(save)}
              end
              return {'ok', forgot and '1' or '0'}
              """);

  /**
   * Gives the claim up, and writes again what Redis forgot. Answers as {@link #KEEP}. Begins with a
   * write that a server without memory lets through.
   */
  static final Script RELEASE =
      of(
          OURS
              + """
              redis.call('HDEL', key, 'owner', 'claimed', 'claim-expires')
              write()
              return {'ok', forgot and '1' or '0'}
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
          if owner and (expires or 0) > now then return {'held', owner} end
          redis.call('DEL', key)
          redis.call('HSET', key, 'format', 'FORMAT', 'epoch', text(math.max((epoch or 0) + 1, now)),
            'save', text(save or 0), 'deleted', text(now))
          redis.call('PEXPIRE', key, TOMBSTONE)
          return {(line or problem) and 'deleted' or 'none'}
          """
              .replace("TOMBSTONE", String.valueOf(TOMBSTONE_DAYS * 24L * 60 * 60 * 1000)));

  private static Script of(String body) {
    String text = (READ + body).replace("FORMAT", FORMAT);
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
