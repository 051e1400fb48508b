package dev.perennial.source.tap.internal.message;

import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A reader of the known fields of one JSON object, in any order; it skips other fields. It keeps
 * the offsets of the values, and a problem instead of throwing, because only the whole message
 * shows which of its objects count. It reads any number of messages, one after the other.
 *
 * @param <F> the fields' constants
 */
@SuppressWarnings("EnumOrdinal") // The arrays are in the order of the constants.
final class FieldReader<F extends Enum<F>> {

  /** The kinds of JSON values. */
  enum Kind {
    TEXT("a text"),
    NUMBER("a number"),
    FLAG("true or false"),
    OBJECT("an object"),
    ARRAY("an array"),
    NULL("null");

    private final String description;

    Kind(String description) {
      this.description = description;
    }

    /** Returns the kind of a value that is JSON and begins with this byte. */
    static Kind of(byte first) {
      return switch (first) {
        case '"' -> TEXT;
        case 't', 'f' -> FLAG;
        case '{' -> OBJECT;
        case '[' -> ARRAY;
        case 'n' -> NULL;
        default -> NUMBER;
      };
    }

    @Override
    public String toString() {
      return description;
    }
  }

  /**
   * A known field.
   *
   * @param required whether it must be present, and not null
   */
  record Field(String name, Kind kind, boolean required) {

    static Field required(String name, Kind kind) {
      return new Field(name, kind, true);
    }

    static Field optional(String name, Kind kind) {
      return new Field(name, kind, false);
    }
  }

  /**
   * The known fields of an object, which all its readers share, so that a reader for one message
   * only is cheap.
   *
   * @param <F> the fields' constants
   */
  static final class Schema<F extends Enum<F>> {

    private final String object;
    private final Field[] fields;
    private final KnownWords names;

    /** A bit for each required field. */
    private final int required;

    /**
     * @param object the name of the object in a problem
     * @param fields the known fields in the order of their constants; reading is fastest if they
     *     come in this order
     */
    Schema(String object, Field... fields) {
      this.object = object;
      this.fields = fields;
      this.names = KnownWords.of(List.of(fields).stream().map(Field::name).toList());
      this.required =
          IntStream.range(0, fields.length).filter(i -> fields[i].required).map(i -> 1 << i).sum();
    }
  }

  private final Schema<F> schema;

  // Those of the schema, which are used for each field of a message.
  private final Field[] fields;
  private final KnownWords names;

  /** The readers of the values that are objects with known fields of their own. */
  private final @Nullable FieldReader<?>[] nested;

  /**
   * The offsets of the values of the fields that are present; 0 if the value is null or of another
   * kind, or if the field is there twice.
   */
  private final int[] starts;

  private final int[] ends;

  /** A bit for each field that is present. */
  private int seen;

  private @Nullable String problem;

  FieldReader(Schema<F> schema) {
    this.schema = schema;
    this.fields = schema.fields;
    this.names = schema.names;
    this.nested = new FieldReader<?>[fields.length];
    this.starts = new int[fields.length];
    this.ends = new int[fields.length];
  }

  /**
   * Sets the reader of a field's value. If the value is no object, the field counts as absent, and
   * that is no problem.
   */
  FieldReader<F> nest(F field, FieldReader<?> reader) {
    nested[field.ordinal()] = reader;
    return this;
  }

  /** Forgets the last message. */
  void reset() {
    seen = 0;
    problem = null;
  }

  /** Reads the object that begins at the scanner's offset, to its end. */
  void read(JsonScanner json) throws TapFormatException {
    int field = -1;
    for (boolean more = json.enterObject(); more; more = json.continueObject()) {
      field = json.readName(names, field + 1);
      if (field < 0) {
        json.skipValue();
      } else {
        read(field, json);
      }
    }
  }

  private void read(int field, JsonScanner json) throws TapFormatException {
    Field known = fields[field];
    FieldReader<?> reader = nested[field];
    Kind kind = Kind.of(json.peek());
    int start = json.offset();
    boolean first = (seen & 1 << field) == 0;
    seen |= 1 << field;
    // If the message is cut off within the value, there is none.
    starts[field] = 0;
    if (reader != null && kind == Kind.OBJECT) {
      reader.read(json);
    } else {
      json.skipValue();
    }
    if (!first) {
      problem(schema.object + " has more than one \"" + known.name + '"');
    } else if (kind == known.kind) {
      starts[field] = start;
      ends[field] = json.offset();
    } else if (reader == null && (known.required || kind != Kind.NULL)) {
      problem(
          '"'
              + known.name
              + "\" of "
              + schema.object
              + " must be "
              + known.kind
              + ", but is "
              + kind);
    }
  }

  /** Keeps the first problem. */
  void problem(String what) {
    if (problem == null) {
      problem = what;
    }
  }

  /** Returns the first problem, after the object was read; null if there is none. */
  @Nullable String problem() {
    int missing = schema.required & ~seen;
    if (missing != 0) {
      Field first = fields[Integer.numberOfTrailingZeros(missing)];
      problem(schema.object + " lacks \"" + first.name + '"');
    }
    return problem;
  }

  /** Returns the offset of a field's value; 0 if there is none of the right kind. */
  int start(F field) {
    int index = field.ordinal();
    return (seen & 1 << index) == 0 ? 0 : starts[index];
  }

  /** Returns the offset of the first byte after a field's value. */
  int end(F field) {
    return ends[field.ordinal()];
  }
}
