package dev.sluice.gateway.database;

import dev.sluice.gateway.exchange.TemplateJson;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.Tuple;
import io.vertx.sqlclient.data.Numeric;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Values on their way from and to a database. Out of it come maps, lists, strings, numbers with all
 * their digits, booleans and null: dates and times as ISO 8601, bytes as base64.
 */
final class RowValues {
  private RowValues() {}

  static List<Map<String, @Nullable Object>> rows(RowSet<Row> set) {
    List<Map<String, @Nullable Object>> rows = new ArrayList<>(Math.max(0, set.size()));
    for (Row row : set) {
      rows.add(row(row));
    }
    return rows;
  }

  /** The rows as JSON objects, with this between them. */
  static Buffer json(RowSet<Row> set, String separator) {
    return TemplateJson.write(
        out -> {
          for (Row row : set) {
            out.writeStartObject();
            for (int i = 0; i < row.size(); i++) {
              out.writeFieldName(row.getColumnName(i));
              TemplateJson.write(out, out(row.getValue(i)));
            }
            out.writeEndObject();
          }
        },
        separator);
  }

  private static Map<String, @Nullable Object> row(Row row) {
    int columns = row.size();
    Map<String, @Nullable Object> out = LinkedHashMap.newLinkedHashMap(columns);
    for (int i = 0; i < columns; i++) {
      out.put(row.getColumnName(i), out(row.getValue(i)));
    }
    return out;
  }

  private static @Nullable Object out(@Nullable Object value) {
    return switch (value) {
      case null -> null;
      case String text -> text;
      case Numeric number -> number.isNaN() ? "NaN" : number.bigDecimalValue();
      case Number number -> number;
      case Boolean truth -> truth;
      case JsonObject object -> json(object.getMap());
      case JsonArray array -> json(array.getList());
      case Map<?, ?> map -> json(map);
      case Buffer bytes -> Base64.getEncoder().encodeToString(bytes.getBytes());
      case Object[] array -> {
        List<@Nullable Object> list = new ArrayList<>(array.length);
        for (Object each : array) {
          list.add(out(each));
        }
        yield list;
      }
      default -> value == Tuple.JSON_NULL ? null : value.toString();
    };
  }

  private static @Nullable Object json(@Nullable Object value) {
    return switch (value) {
      case Map<?, ?> map -> {
        Map<String, @Nullable Object> out = LinkedHashMap.newLinkedHashMap(map.size());
        map.forEach((name, each) -> out.put(String.valueOf(name), json(each)));
        yield out;
      }
      case List<?> list -> {
        List<@Nullable Object> out = new ArrayList<>(list.size());
        list.forEach(each -> out.add(json(each)));
        yield out;
      }
      case null -> null;
      default -> out(value);
    };
  }

  /** The values of a statement's placeholders. */
  static Tuple tuple(SqlText text, List<@Nullable Object> values, Dialect dialect) {
    Tuple tuple = Tuple.tuple(new ArrayList<>(text.places().size()));
    for (int place : text.places()) {
      tuple.addValue(in(values.get(place), dialect));
    }
    return tuple;
  }

  private static @Nullable Object in(@Nullable Object value, Dialect dialect) {
    return switch (value) {
      case Map<?, ?> map -> new JsonObject(text(map));
      case List<?> list -> new JsonArray(list);
      case OffsetDateTime moment when dialect == Dialect.MYSQL ->
          moment.withOffsetSameInstant(ZoneOffset.UTC).toLocalDateTime();
      case UUID uuid when dialect == Dialect.MYSQL -> uuid.toString();
      case null -> null;
      default -> value;
    };
  }

  private static Map<String, Object> text(Map<?, ?> map) {
    Map<String, @Nullable Object> out = new LinkedHashMap<>();
    map.forEach((name, value) -> out.put(String.valueOf(name), value));
    return out;
  }
}
