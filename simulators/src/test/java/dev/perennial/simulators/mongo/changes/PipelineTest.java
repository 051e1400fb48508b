package dev.perennial.simulators.mongo.changes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.perennial.simulators.mongo.wire.CommandError;
import java.util.List;
import java.util.stream.Stream;
import org.bson.BsonDocument;
import org.bson.BsonValue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Users' stages, without a server around them. */
class PipelineTest {

  private static final BsonDocument EVENT =
      BsonDocument.parse(
          "{_id: {_data: '82'}, operationType: 'update', ns: {db: 'shop', coll: 'orders'},"
              + " documentKey: {_id: 7}, fullDocument: {_id: 7, name: 'Ada', n: {$numberLong: '5'},"
              + " tags: ['a', 'b'], lines: [{sku: 'x', count: 1}, {sku: 'y', count: 2}], gone: null}}");

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "{operationType: 'update'}",
        "{operationType: {$in: ['insert', 'update']}}",
        "{operationType: {$nin: ['insert']}}",
        "{operationType: {$ne: 'insert'}}",
        "{'ns.coll': {$in: ['orders', 'other']}}",
        "{'ns': {db: 'shop', coll: 'orders'}}",
        "{'fullDocument.n': 5}",
        "{'fullDocument.n': {$gt: 4, $lte: 5.0}}",
        "{'fullDocument.n': {$not: {$lt: 5}}}",
        "{'fullDocument.name': {$regex: '^a', $options: 'i'}}",
        "{'fullDocument.name': /^A/}",
        "{'fullDocument.name': {$in: [/^A/]}}",
        "{'fullDocument.tags': 'b'}",
        "{'fullDocument.tags': ['a', 'b']}",
        "{'fullDocument.tags': {$size: 2}}",
        "{'fullDocument.tags.1': 'b'}",
        "{'fullDocument.lines.sku': 'y'}",
        "{'fullDocument.gone': null}",
        "{'fullDocument.missing': null}",
        "{'fullDocument.gone': {$exists: true}}",
        "{'fullDocument.missing': {$exists: false}}",
        "{$or: [{operationType: 'insert'}, {'documentKey._id': 7}]}",
        "{$and: [{operationType: 'update'}, {'documentKey._id': {$gte: 7}}]}",
        "{$nor: [{operationType: 'insert'}, {'documentKey._id': 8}]}",
        "{'fullDocument.name': {$type: 'string'}}",
        "{$expr: {$regexMatch: {input: {$concat: ['$ns.db', '.', '$ns.coll']}, regex: '^SHOP', options: 'i'}}}",
        "{$expr: {$or: [false, {$and: ['$fullDocument.name', 1]}]}}",
        "{$expr: '$fullDocument.n'}"
      })
  void aMatchThatHolds(String query) {
    assertThat(run("{$match: " + query + "}")).isEqualTo(EVENT);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{$expr: {$regexMatch: {input: '$fullDocument.missing', regex: ''}}}",
        "{$expr: {$regexMatch: {input: {$concat: ['a', '$to.coll']}, regex: 'a'}}}",
        "{$expr: {$and: ['$fullDocument.name', '$fullDocument.gone']}}",
        "{operationType: 'insert'}",
        "{operationType: {$nin: ['update']}}",
        "{'fullDocument.n': '5'}",
        "{'fullDocument.n': {$gt: 'a'}}",
        "{'fullDocument.name': /^a/}",
        "{'fullDocument.tags': {$ne: 'a'}}",
        "{'ns': {coll: 'orders', db: 'shop'}}",
        "{$nor: [{operationType: 'update'}]}",
        "{'fullDocument.missing': {$exists: true}}"
      })
  void aMatchThatDoesNot(String query) {
    assertThat(run("{$match: " + query + "}")).isNull();
  }

  @Test
  void projectKeepsOrDrops() {
    assertThat(run("{$project: {operationType: 1, 'fullDocument.name': 1}}"))
        .isEqualTo(
            BsonDocument.parse(
                "{_id: {_data: '82'}, operationType: 'update', fullDocument: {name: 'Ada'}}"));
    assertThat(run("{$project: {fullDocument: 0, ns: 0, documentKey: 0}}"))
        .isEqualTo(BsonDocument.parse("{_id: {_data: '82'}, operationType: 'update'}"));
    assertThat(run("{$project: {kind: '$operationType'}}"))
        .isEqualTo(BsonDocument.parse("{_id: {_data: '82'}, kind: 'update'}"));
  }

  @Test
  void unsetAndAddFieldsChangeFields() {
    assertThat(run("{$unset: ['fullDocument', 'ns', 'documentKey']}", "{$set: {'a.b': 1}}"))
        .isEqualTo(BsonDocument.parse("{_id: {_data: '82'}, operationType: 'update', a: {b: 1}}"));
    assertThat(EVENT.containsKey("fullDocument")).as("the event itself is untouched").isTrue();
  }

  @Test
  void aMatchAfterAnotherStageSeesItsOutput() {
    assertThat(run("{$unset: 'ns'}", "{$match: {'ns.coll': 'orders'}}")).isNull();
  }

  @ParameterizedTest
  @ValueSource(strings = {"{$match: {a: {$foo: 1}}}", "{$match: {$foo: 1}}", "{$match: {$or: []}}"})
  void unknownOperatorsAreBadValues(String stage) {
    assertThatThrownBy(() -> run(stage))
        .isInstanceOfSatisfying(CommandError.class, e -> assertThat(e.code()).isEqualTo(2));
  }

  private static BsonDocument run(String... stages) {
    List<BsonValue> parsed =
        Stream.of(stages).map(stage -> (BsonValue) BsonDocument.parse(stage)).toList();
    Pipeline pipeline = Pipeline.parse(parsed, 21);
    return pipeline.leading().test(EVENT) ? pipeline.rest().apply(EVENT) : null;
  }
}
