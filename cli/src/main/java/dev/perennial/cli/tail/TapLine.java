package dev.perennial.cli.tail;

import dev.perennial.port.support.LogText;
import dev.perennial.source.tap.TapEvent;
import dev.perennial.source.tap.TapIdentity;
import dev.perennial.source.tap.TapMalformed;
import dev.perennial.source.tap.TapRecord;
import dev.perennial.source.tap.TapUnknown;
import java.time.OffsetTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.OptionalLong;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Formats Tap's events, one line each. */
final class TapLine {

  private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm:ss.SSSX");
  private static final JsonMapper MAPPER = JsonMapper.shared();
  private static final int RAW_LENGTH = 100;

  private TapLine() {}

  /** Formats an event for a person: the arrival time in UTC, the id, the kind and the subject. */
  static String text(TapEvent event) {
    return TIME.format(OffsetTime.now(ZoneOffset.UTC)) + ' ' + LogText.line(describe(event));
  }

  private static String describe(TapEvent event) {
    if (event instanceof TapRecord record) {
      return line(
          event,
          record.action().toString(),
          record.did()
              + ' '
              + record.collection()
              + '/'
              + record.rkey()
              + (record.isLive() ? "" : " (backfill)"));
    }
    if (event instanceof TapIdentity identity) {
      String handle = identity.handle().isEmpty() ? "(no handle)" : identity.handle();
      return line(event, "identity", identity.did() + ' ' + handle + ' ' + identity.status());
    }
    if (event instanceof TapUnknown unknown) {
      return line(event, "unknown", "type " + unknown.type());
    }
    TapMalformed malformed = (TapMalformed) event;
    return line(
        event,
        "malformed",
        malformed.size() + " bytes: " + LogText.brief(malformed.rawText(), RAW_LENGTH));
  }

  private static String line(TapEvent event, String what, String about) {
    OptionalLong id = event.id();
    String number = id.isPresent() ? Long.toUnsignedString(id.getAsLong()) : "-";
    return String.format(Locale.ROOT, "%8s %-9s %s", number, what, about);
  }

  /**
   * Formats an event for a program: the message as received, without line breaks. A malformed
   * message is wrapped in a JSON object, so that each line is valid JSON.
   */
  static String json(TapEvent event) {
    if (!(event instanceof TapMalformed malformed)) {
      // JSON has line breaks only between tokens.
      return event.rawText().replace('\n', ' ').replace('\r', ' ');
    }
    ObjectNode node = MAPPER.createObjectNode();
    ObjectNode about = node.putObject("malformed");
    malformed.id().ifPresent(id -> about.put("id", Long.toUnsignedString(id)));
    about.put("size", malformed.size());
    about.put("cause", String.valueOf(malformed.cause().getMessage()));
    about.put("raw", malformed.rawText());
    return MAPPER.writeValueAsString(node);
  }
}
