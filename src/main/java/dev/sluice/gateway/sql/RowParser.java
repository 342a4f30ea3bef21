package dev.sluice.gateway.sql;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.async.ByteArrayFeeder;
import dev.sluice.gateway.exchange.TemplateJson;
import dev.sluice.gateway.failure.Failed;
import dev.sluice.gateway.failure.Failure;
import java.io.IOException;
import java.io.StringWriter;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Makes rows of a JSON array of objects, or of objects one after the other (NDJSON), as the bytes
 * come. Of a row it keeps the wanted fields, as text. Confined to a loop.
 */
final class RowParser {
  private static final int MAX_ROW_CHARACTERS = 1 << 20;
  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(100)
                  .maxStringLength(MAX_ROW_CHARACTERS)
                  .build())
          .build();

  private final Map<String, Integer> columns = new HashMap<>();
  private final Function<Boolean, String> truth;
  private final Consumer<@Nullable String[]> rows;
  private final JsonParser parser;
  private final ByteArrayFeeder feeder;

  private boolean array;
  private boolean ended;
  private int depth;
  private int characters;
  private int column = -1;
  private long seen;
  private @Nullable String @Nullable [] row;
  private @Nullable StringWriter nested;
  private @Nullable JsonGenerator copy;
  private int nestedDepth;

  /**
   * @param truth how a truth is written as text
   * @param rows takes each row as soon as it is whole
   */
  RowParser(
      List<String> names, Function<Boolean, String> truth, Consumer<@Nullable String[]> rows) {
    for (String name : names) {
      columns.put(name, columns.size());
    }
    this.truth = truth;
    this.rows = rows;
    try {
      this.parser = FACTORY.createNonBlockingByteArrayParser();
    } catch (IOException impossible) {
      throw new IllegalStateException(impossible);
    }
    this.feeder = (ByteArrayFeeder) parser.getNonBlockingInputFeeder();
  }

  /** Rows that were whole so far. */
  long seen() {
    return seen;
  }

  /**
   * The next bytes.
   *
   * @throws Failed {@code INVALID_INPUT} with the row's number, from 1, where they make no sense
   */
  void feed(byte[] octets) {
    try {
      feeder.feedInput(octets, 0, octets.length);
      drain();
    } catch (IOException e) {
      throw bad("is not JSON");
    }
  }

  /** That was all. */
  void end() {
    try {
      feeder.endOfInput();
      drain();
    } catch (IOException e) {
      throw bad("is not JSON");
    }
  }

  private void drain() throws IOException {
    for (JsonToken token = parser.nextToken();
        token != null && token != JsonToken.NOT_AVAILABLE;
        token = parser.nextToken()) {
      take(token);
    }
  }

  private void take(JsonToken token) throws IOException {
    JsonGenerator copying = copy;
    if (copying != null) {
      copy(copying, token);
    } else if (row == null) {
      begin(token);
    } else {
      field(token);
    }
  }

  private void begin(JsonToken token) {
    boolean first = token == JsonToken.START_ARRAY && seen == 0 && !array && !ended;
    if (first) {
      array = true;
    } else if (token == JsonToken.END_ARRAY && array) {
      ended = true;
    } else if (token == JsonToken.START_OBJECT && !ended) {
      row = new String[columns.size()];
      characters = 0;
    } else {
      throw bad("is no object");
    }
  }

  private void field(JsonToken token) throws IOException {
    switch (token) {
      case FIELD_NAME -> column = columns.getOrDefault(parser.currentName(), -1);
      case END_OBJECT -> {
        @Nullable String[] whole = row;
        row = null;
        if (whole != null) {
          seen++;
          rows.accept(whole);
        }
      }
      case START_OBJECT, START_ARRAY -> {
        StringWriter text = new StringWriter();
        JsonGenerator copying = FACTORY.createGenerator(text);
        nested = text;
        copy = copying;
        nestedDepth = 0;
        copy(copying, token);
      }
      case VALUE_TRUE -> put(truth.apply(true));
      case VALUE_FALSE -> put(truth.apply(false));
      case VALUE_NULL -> put(null);
      case VALUE_STRING, VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> put(parser.getText());
      case END_ARRAY, NOT_AVAILABLE, VALUE_EMBEDDED_OBJECT -> throw bad("is not JSON");
    }
  }

  private void copy(JsonGenerator copying, JsonToken token) throws IOException {
    copying.copyCurrentEventExact(parser);
    if (token.isStructStart()) {
      nestedDepth++;
    } else if (token.isStructEnd()) {
      nestedDepth--;
    }
    StringWriter text = nested;
    if (text != null && text.getBuffer().length() > MAX_ROW_CHARACTERS) {
      throw bad("is too long");
    }
    if (nestedDepth == 0) {
      copying.close();
      copy = null;
      nested = null;
      put(String.valueOf(text));
    }
  }

  private void put(@Nullable String value) {
    @Nullable String[] current = row;
    characters += value == null ? 0 : value.length();
    if (characters > MAX_ROW_CHARACTERS) {
      throw bad("is too long");
    }
    if (value != null && !TemplateJson.encodable(value)) {
      throw bad("holds half a character");
    }
    if (column >= 0 && current != null) {
      current[column] = value;
    }
  }

  private Failed bad(String what) {
    return new Failed(Failure.INVALID_INPUT, "row " + (seen + 1) + " " + what);
  }
}
