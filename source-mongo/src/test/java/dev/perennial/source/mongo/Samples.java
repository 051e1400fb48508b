package dev.perennial.source.mongo;

import dev.perennial.source.mongo.internal.event.BsonBytes;
import dev.perennial.source.mongo.internal.event.EventReader;
import org.bson.BsonDocument;

/** Events and tokens as servers send them. */
public final class Samples {

  /** Of 4.4: an event, the point behind it, and the invalidate that follows a drop. */
  public static final String EVENT_TOKEN =
      "825F103CB5000000032B022C0100296E5A100484010E04E239427B8CBCA810283D05A5461E5F6964002B080004";

  public static final String HIGH_WATER_TOKEN = "825F103CB6000000012B0229296E04";
  public static final String DROP_TOKEN =
      "825F103CB7000000022B022C0100296E5A100484010E04E239427B8CBCA810283D05A504";
  public static final String INVALIDATE_TOKEN =
      "825F103CB7000000022B022C0100296F5A100484010E04E239427B8CBCA810283D05A504";

  /** Of 7.0, where tokens have version 2, and a fragment's number at their end. */
  public static final String EVENT_TOKEN_V2 =
      "8265B2A4C2000000012B042C0100296E5A10044C7E2C5E7B0B4F5B8A7A9B7C5D3E1F0A463C6F7065726174696F6E54"
          + "797065003C696E736572740046646F63756D656E744B65790046645F6964006465B2A4C2F1E2D3C4B5A697880000"
          + "04";

  private Samples() {}

  /** An event with the fields given, as extended JSON, behind its token and before its end. */
  public static byte[] event(String fields) {
    return bytes(
        "{_id: {_data: '" + EVENT_TOKEN + "'}" + (fields.isEmpty() ? "" : ", ") + fields + '}');
  }

  public static byte[] bytes(String json) {
    return BsonBytes.of(BsonDocument.parse(json));
  }

  public static Change change(String fields) {
    return (Change) EventReader.plain().read(event(fields));
  }

  public static MalformedChange malformed(byte[] event) {
    return (MalformedChange) EventReader.plain().read(event);
  }

  /** An update with everything that it can have. */
  public static String fullUpdate() {
    return """
    {_id: {_data: '%s'},
     operationType: 'update',
     clusterTime: {$timestamp: {t: 1594899637, i: 3}},
     wallTime: {$date: '2020-07-16T11:40:37.123Z'},
     collectionUUID: {$uuid: '84010e04-e239-427b-8cbc-a810283d05a5'},
     ns: {db: 'shop', coll: 'orders.open'},
     nsType: 'collection',
     documentKey: {_id: 7, region: 'eu'},
     updateDescription: {
       updatedFields: {'a.b': 1}, removedFields: ['c', 'd.e'],
       truncatedArrays: [{field: 'list', newSize: 2}], disambiguatedPaths: {'a.0': ['a', '0']}},
     fullDocument: {_id: 7, a: {b: 1}},
     fullDocumentBeforeChange: {_id: 7, a: {b: 0}},
     txnNumber: {$numberLong: '5'},
     lsid: {id: {$uuid: '11111111-2222-3333-4444-555555555555'}},
     operationDescription: {x: 1},
     somethingNew: [1, 2]}\
    """
        .formatted(EVENT_TOKEN);
  }
}
