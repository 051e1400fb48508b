package dev.perennial.checkpoint.redis.internal;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * A script that Redis runs atomically. Each takes one key, the hash of a stream, and answers with a
 * list whose first entry is the outcome. Redis may run any of them twice, or late.
 *
 * <p>The highest epoch wins: a claim keeps its epoch, and it is lost if the hash has a higher
 * epoch, or the same epoch and another owner or none. If the hash has a lower epoch or is gone,
 * Redis has lost the claim, which then restores itself together with the checkpoint.
 *
 * <p>If Redis has lost a checkpoint, and a later claim started without it before the first owner
 * returned, the later claim still wins. The hash has the epoch of that start in {@code began}, from
 * which the first owner learns that its checkpoint was skipped. It saves it in a separate field.
 *
 * @param text the source
 * @param digest the SHA-1 of the source, by which Redis finds a script that it has run before
 */
public record Script(String text, String digest) {

  /** The version of the hash's layout that is written, and the only one that is read. */
  static final String FORMAT = "1";

  /** How long the epoch of a deleted stream is kept, in days. */
  private static final int TOMBSTONE_DAYS = 7;

  /**
   * Reads the hash. It formats numbers in full, because Lua would round them to 14 digits. A hash
   * that has only a format and a checkpoint was restored by a person.
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
            .. ', and this program reads only "FORMAT"'
        elseif not epoch then
          problem = 'its field "epoch" is not a number'
        elseif not save then
          problem = 'its field "save" is not a number'
        elseif owner and not expires then
          problem = 'its field "claim-expires" is missing or not a number'
        end
      elseif kind ~= 'none' then
        problem = 'it is a ' .. kind .. ' and not a hash'
      end

      """;

  private static final String CORRUPT =
      """
      if problem then return {'corrupt', problem} end
      """;

  /**
   * Checks whether the caller still owns the claim, and whether Redis has lost it. Arguments:
   * owner, epoch, expiry, time to live, the number of a save, its checkpoint (empty if there is
   * none), and whether this claim has had a checkpoint. Answers {@code lost} with the owner. If a
   * later claim started without the checkpoint although nobody deleted it, the answer adds {@code
   * kept} when the field {@code forgotten} keeps it, or {@code unkept} if Redis accepts no write
   * now.
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
   * Takes the claim if it is free. Arguments: owner, expiry, time to live, and whether the caller
   * has seen a checkpoint. Answers {@code claimed} with epoch, save number and checkpoint (empty if
   * there is none), also to the owner; {@code held} with the owner and whether there is a
   * checkpoint; {@code vanished} if the seen checkpoint is gone and nobody deleted it; {@code
   * corrupt} with a reason.
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
   * Renews the claim, and saves if the save's number is higher than the last. Answers {@code ok}
   * with {@code 1} if Redis had lost the claim and {@code 0} if not; {@code stale} with the last
   * number if there is a later save; {@code lost} as above, or {@code corrupt} with a reason.
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
   * Releases the claim, and restores what Redis has lost. Answers like {@link #KEEP}. Its first
   * write is one that Redis accepts even when its memory is full.
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
   * Deletes the checkpoint, or another value of the key, unless it is claimed. The epoch stays for
   * a while, from which a former owner learns that its claim is lost. Answers {@code deleted},
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
      throw new IllegalStateException("Cannot hash a script: this Java platform lacks SHA-1.", e);
    }
  }
}
