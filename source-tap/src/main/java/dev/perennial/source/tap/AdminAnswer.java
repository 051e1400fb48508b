package dev.perennial.source.tap;

import tools.jackson.databind.JsonNode;

/** An answer of the admin API that is a JSON object. */
final class AdminAnswer {

  private final AdminHttp http;
  private final String path;
  private final JsonNode object;

  private AdminAnswer(AdminHttp http, String path, JsonNode object) {
    this.http = http;
    this.path = path;
    this.object = object;
  }

  /** Requests the answer. */
  static AdminAnswer get(AdminHttp http, String path)
      throws TapAdminException, InterruptedException {
    JsonNode answer = http.get(path);
    if (!answer.isObject()) {
      throw http.unreadable(path, "it is not a JSON object", null);
    }
    return new AdminAnswer(http, path, answer);
  }

  /** Returns the whole answer. */
  JsonNode json() {
    return object;
  }

  /** Returns whether the answer has a field, and it is not null. */
  boolean has(String field) {
    return object.hasNonNull(field);
  }

  String text(String field) throws TapAdminException {
    JsonNode value = object.path(field);
    if (!value.isString()) {
      throw http.unreadable(path, "it has no string \"" + field + "\"", null);
    }
    return value.asString();
  }

  long number(String field) throws TapAdminException {
    JsonNode value = object.path(field);
    if (!value.isIntegralNumber() || !value.canConvertToLong()) {
      throw http.unreadable(path, "it has no integer \"" + field + "\"", null);
    }
    return value.asLong();
  }
}
