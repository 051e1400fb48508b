package dev.perennial.source.tap.internal.message;

import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A reader of the known fields of one JSON object, in any order; it skips other fields. It keeps
 * the offsets of the values, and a problem instead of throwing, because only the whole message
 * shows which of its objects count. It reads any number of messages, one after the other.
 */
final class FieldReader {

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
   * @param reader reads its value, which need not be an object then; null if nothing does
   */
  record Field(String name, Kind kind, boolean required, @Nullable FieldReader reader) {

    static Field required(String name, Kind kind) {
      return new Field(name, kind, true, null);
    }

    static Field optional(String name, Kind kind) {
      return new Field(name, kind, false, null);
    }

    static Field object(String name, FieldReader reader) {
      return new Field(name, Kind.OBJECT, false, reader);
    }
  }

  private final String object;
  private final Field[] fields;
  private final Words names;

  /** A bit for each required field. */
  private final int required;

  /**
   * The offsets of the values of the fields that are present; 0 if it is null, of another kind, or
   * there twice.
   */
  private final int[] starts;

  private final int[] ends;

  /** A bit for each field that is present. */
  private int seen;

  private @Nullable String problem;

  /**
   * @param object the name of the object in a problem
   * @param fields the known fields; reading is fastest if they come in this order
   */
  FieldReader(String object, Field... fields) {
    this.object = object;
    this.fields = fields;
    this.names = Words.of(List.of(fields).stream().map(Field::name).toList());
    this.required =
        IntStream.range(0, fields.length).filter(i -> fields[i].required).map(i -> 1 << i).sum();
    this.starts = new int[fields.length];
    this.ends = new int[fields.length];
  }

  /** Forgets the last message. */
  void reset() {
    seen = 0;
    problem = null;
  }

  /** Reads the object that begins at the scanner's offset, to its end. */
  void read(JsonScanner json) throws TapFormatException {
    int field = -1;
    for (boolean more = json.firstField(); more; more = json.nextField()) {
      field = json.name(names, field + 1);
      if (field < 0) {
        json.skipValue();
      } else {
        read(field, json);
      }
    }
  }

  private void read(int field, JsonScanner json) throws TapFormatException {
    Field known = fields[field];
    Kind kind = Kind.of(json.peek());
    int start = json.offset();
    boolean first = (seen & 1 << field) == 0;
    seen |= 1 << field;
    // If the message is cut off within the value, there is none.
    starts[field] = 0;
    if (known.reader != null && kind == Kind.OBJECT) {
      known.reader.read(json);
    } else {
      json.skipValue();
    }
    if (!first) {
      problem(object + " has more than one \"" + known.name + '"');
    } else if (kind == known.kind) {
      starts[field] = start;
      ends[field] = json.offset();
    } else if (known.reader == null && (known.required || kind != Kind.NULL)) {
      problem('"' + known.name + "\" of " + object + " must be " + known.kind + ", but is " + kind);
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
    int missing = required & ~seen;
    if (missing != 0) {
      problem(object + " lacks \"" + names.get(Integer.numberOfTrailingZeros(missing)) + '"');
    }
    return problem;
  }

  /** Returns the offset of a field's value; 0 if there is none of the right kind. */
  int start(int field) {
    return (seen & 1 << field) == 0 ? 0 : starts[field];
  }

  /** Returns the offset of the first byte after a field's value. */
  int end(int field) {
    return ends[field];
  }
}
