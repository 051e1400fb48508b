package dev.perennial.benchmarks.tap;

import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import java.net.URI;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/**
 * What an expert would write in a day: own frames, Jackson's streaming parser in the event loop,
 * the payload kept as bytes, and all acks of a read in one write. It has no engine: no window, no
 * filter for what comes again, no reconnect, no backpressure from a slow handler.
 */
final class HandTunedHandler extends FrameHandler {

  /** An event as an application needs it. */
  private record Event(
      long id,
      boolean live,
      String did,
      String rev,
      String collection,
      String rkey,
      String action,
      String cid,
      byte[] payload) {}

  private static final byte[] NONE = {};

  private final JsonFactory json = new JsonFactory();
  private final Acks acks = new Acks();
  private final Checksum checksum = new Checksum();
  private final int events;
  private int handled;

  HandTunedHandler(URI uri, int events, CompletableFuture<Long> done) {
    super(uri, done);
    this.events = events;
  }

  @Override
  public void message(byte[] bytes, int offset, int length) {
    Event event = parse(bytes, offset, length);
    checksum.handle(event.did(), event.collection());
    acks.add(event.id());
    handled++;
  }

  private Event parse(byte[] bytes, int offset, int length) {
    try (JsonParser parser = json.createParser(ObjectReadContext.empty(), bytes, offset, length)) {
      long id = 0;
      Event event = new Event(0, false, "", "", "", "", "", "", NONE);
      parser.nextToken();
      while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
        String name = parser.currentName();
        parser.nextToken();
        switch (name) {
          case "id" -> id = parser.getLongValue();
          case "record" -> event = record(parser, id, bytes, offset);
          default -> parser.skipChildren();
        }
      }
      return event;
    }
  }

  private static Event record(JsonParser parser, long id, byte[] bytes, int offset) {
    boolean live = false;
    String did = "";
    String rev = "";
    String collection = "";
    String rkey = "";
    String action = "";
    String cid = "";
    byte[] payload = NONE;
    while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
      String name = parser.currentName();
      parser.nextToken();
      switch (name) {
        case "live" -> live = parser.getBooleanValue();
        case "did" -> did = parser.getString();
        case "rev" -> rev = parser.getString();
        case "collection" -> collection = parser.getString();
        case "rkey" -> rkey = parser.getString();
        case "action" -> action = parser.getString();
        case "cid" -> cid = parser.getString();
        case "record" -> {
          int from = (int) parser.currentTokenLocation().getByteOffset();
          parser.skipChildren();
          int to = (int) parser.currentLocation().getByteOffset();
          payload = Arrays.copyOfRange(bytes, offset + from, offset + to);
        }
        default -> parser.skipChildren();
      }
    }
    return new Event(id, live, did, rev, collection, rkey, action, cid, payload);
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    ChannelFuture written = ctx.writeAndFlush(acks.take(ctx));
    if (handled == events) {
      written.addListener(all -> done.complete(checksum.sum()));
    }
  }
}
