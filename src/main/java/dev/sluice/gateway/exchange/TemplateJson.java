package dev.sluice.gateway.exchange;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.io.SerializedString;
import dev.sluice.gateway.failure.Failed;
import dev.sluice.gateway.failure.Failure;
import io.vertx.core.buffer.Buffer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * JSON (RFC 8259) as maps, lists, strings, numbers, booleans and null. Numbers keep all their
 * digits, which Vert.x's own codec does not promise: it reads fractions as doubles. Of equal keys
 * the last one wins; at most 100 levels.
 */
public final class TemplateJson {
  private static final int MAX_DEPTH = 100;
  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(MAX_DEPTH).build())
          .build();

  private TemplateJson() {}

  /**
   * Reads one value.
   *
   * @throws Failed {@code BAD_REQUEST} when the octets are not one JSON value
   */
  public static @Nullable Object parse(byte[] octets) {
    try (JsonParser parser = FACTORY.createParser(octets)) {
      JsonToken first = parser.nextToken();
      if (first == null) {
        throw new Failed(Failure.BAD_REQUEST, "the body is empty; JSON is expected");
      }
      Object value = value(parser, first);
      if (parser.nextToken() != null) {
        throw new Failed(Failure.BAD_REQUEST, "the body goes on after its JSON value");
      }
      return value;
    } catch (IOException e) {
      throw new Failed(Failure.BAD_REQUEST, "the body is not JSON");
    }
  }

  /** A text as it is, anything else as JSON. */
  static String plain(Object value) {
    return switch (value) {
      case String text -> text;
      case JsonValue json -> plain(json.value());
      case Map<?, ?> object -> write(object);
      case List<?> array -> write(array);
      case BigDecimal number -> number.toPlainString();
      default -> value.toString();
    };
  }

  /**
   * Whether a text has a form in UTF-8: JSON's escapes can write half a character (RFC 8259 §8.2).
   */
  public static boolean encodable(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (Character.isSurrogate(c)) {
        boolean pair =
            Character.isHighSurrogate(c)
                && i + 1 < text.length()
                && Character.isLowSurrogate(text.charAt(i + 1));
        if (!pair) {
          return false;
        }
        i++;
      }
    }
    return true;
  }

  /** Writes a value without white space. */
  public static String write(@Nullable Object value) {
    StringWriter out = new StringWriter();
    try (JsonGenerator generator = FACTORY.createGenerator(out)) {
      write(generator, value);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toString();
  }

  /** Writes values one after the other. */
  @FunctionalInterface
  public interface Values {
    void write(JsonGenerator out) throws IOException;
  }

  /** Many values, with this between them. */
  public static Buffer write(Values values, String separator) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(4096);
    try (JsonGenerator generator = FACTORY.createGenerator(out)) {
      generator.setRootValueSeparator(new SerializedString(separator));
      values.write(generator);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return Buffer.buffer(out.toByteArray());
  }

  private static @Nullable Object value(JsonParser parser, JsonToken token) throws IOException {
    return switch (token) {
      case START_OBJECT -> {
        Map<String, @Nullable Object> object = new LinkedHashMap<>();
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
          String name = parser.currentName();
          object.put(name, value(parser, parser.nextToken()));
        }
        yield object;
      }
      case START_ARRAY -> {
        List<@Nullable Object> array = new ArrayList<>();
        for (JsonToken next = parser.nextToken();
            next != JsonToken.END_ARRAY;
            next = parser.nextToken()) {
          array.add(value(parser, next));
        }
        yield array;
      }
      case VALUE_STRING -> parser.getText();
      case VALUE_NUMBER_INT -> parser.getNumberValue();
      case VALUE_NUMBER_FLOAT -> parser.getDecimalValue();
      case VALUE_TRUE -> Boolean.TRUE;
      case VALUE_FALSE -> Boolean.FALSE;
      case VALUE_NULL -> null;
      case END_OBJECT, END_ARRAY, FIELD_NAME, NOT_AVAILABLE, VALUE_EMBEDDED_OBJECT ->
          throw new IOException("unexpected " + token);
    };
  }

  /** Writes one value where {@code out} stands. */
  public static void write(JsonGenerator out, @Nullable Object value) throws IOException {
    switch (value) {
      case null -> out.writeNull();
      case Map<?, ?> object -> {
        out.writeStartObject();
        for (Map.Entry<?, ?> entry : object.entrySet()) {
          out.writeFieldName(String.valueOf(entry.getKey()));
          write(out, entry.getValue());
        }
        out.writeEndObject();
      }
      case List<?> array -> {
        out.writeStartArray();
        for (Object each : array) {
          write(out, each);
        }
        out.writeEndArray();
      }
      case Boolean truth -> out.writeBoolean(truth);
      case BigDecimal number -> out.writeNumber(number);
      case BigInteger number -> out.writeNumber(number);
      case Double number -> out.writeNumber(number);
      case Float number -> out.writeNumber(number);
      case Number number -> out.writeNumber(number.longValue());
      default -> out.writeString(value.toString());
    }
  }
}
