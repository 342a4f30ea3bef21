package dev.sluice.gateway.database;

import static java.time.format.DateTimeFormatter.ISO_LOCAL_DATE_TIME;
import static java.time.format.DateTimeFormatter.ISO_LOCAL_TIME;
import static java.time.format.DateTimeFormatter.ISO_OFFSET_DATE_TIME;
import static java.time.format.DateTimeFormatter.ISO_OFFSET_TIME;

import dev.sluice.gateway.exchange.JsonValue;
import dev.sluice.gateway.exchange.TemplateJson;
import dev.sluice.gateway.failure.Failed;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.Tuple;
import io.vertx.sqlclient.data.Numeric;
import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.OffsetTime;
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
 * their digits, booleans and null: dates and times as in RFC 3339 §5.6, bytes as base64. Where a
 * database has no type of its own for them, as MariaDB, the column's name may say what its texts or
 * numbers are: {@code select doc as `doc:json`, ok as `ok:bool`}.
 */
final class RowValues {
  /** A column of an answer. */
  private record Column(String name, As as) {
    private enum As {
      ITSELF,
      JSON,
      BOOL
    }

    static Column[] of(RowSet<Row> set) {
      List<String> names = set.columnsNames();
      Column[] columns = new Column[names == null ? 0 : names.size()];
      for (int i = 0; i < columns.length; i++) {
        String name = names.get(i);
        columns[i] =
            name.endsWith(":json")
                ? new Column(name.substring(0, name.length() - ":json".length()), As.JSON)
                : name.endsWith(":bool")
                    ? new Column(name.substring(0, name.length() - ":bool".length()), As.BOOL)
                    : new Column(name, As.ITSELF);
      }
      return columns;
    }

    @Nullable Object of(Row row, int index) {
      Object value = row.getValue(index);
      return switch (as) {
        case ITSELF -> out(value);
        case JSON -> value instanceof String text ? parsed(text) : out(value);
        case BOOL -> value instanceof Number number ? number.intValue() != 0 : out(value);
      };
    }

    private static @Nullable Object parsed(String text) {
      try {
        return TemplateJson.parse(text.getBytes(StandardCharsets.UTF_8));
      } catch (Failed noJson) {
        return text;
      }
    }
  }

  private RowValues() {}

  static List<Map<String, @Nullable Object>> rows(RowSet<Row> set) {
    List<Map<String, @Nullable Object>> rows = new ArrayList<>(Math.max(0, set.size()));
    Column[] columns = Column.of(set);
    for (Row row : set) {
      rows.add(row(row, columns));
    }
    return rows;
  }

  /** The rows as JSON objects, with this between them. */
  static Buffer json(RowSet<Row> set, String separator) {
    return TemplateJson.write(
        out -> {
          Column[] columns = Column.of(set);
          for (Row row : set) {
            out.writeStartObject();
            for (int i = 0; i < columns.length; i++) {
              out.writeFieldName(columns[i].name());
              TemplateJson.write(out, columns[i].of(row, i));
            }
            out.writeEndObject();
          }
        },
        separator);
  }

  private static Map<String, @Nullable Object> row(Row row, Column[] columns) {
    Map<String, @Nullable Object> out = LinkedHashMap.newLinkedHashMap(columns.length);
    for (int i = 0; i < columns.length; i++) {
      out.put(columns[i].name(), columns[i].of(row, i));
    }
    return out;
  }

  /** A value of a client or a driver as JSON has it. */
  static @Nullable Object out(@Nullable Object value) {
    return switch (value) {
      case null -> null;
      case String text -> text;
      case Numeric number -> number.isNaN() ? "NaN" : number.bigDecimalValue();
      case Number number -> number;
      case Boolean truth -> truth;
      case JsonObject object -> json(object.getMap());
      case JsonArray array -> json(array.getList());
      case Map<?, ?> map -> json(map);
      case OffsetDateTime moment ->
          moment.equals(OffsetDateTime.MAX) || moment.equals(OffsetDateTime.MIN)
              ? infinity(moment.getYear())
              : ISO_OFFSET_DATE_TIME.format(moment);
      case LocalDateTime moment ->
          moment.equals(LocalDateTime.MAX) || moment.equals(LocalDateTime.MIN)
              ? infinity(moment.getYear())
              : ISO_LOCAL_DATE_TIME.format(moment);
      case LocalDate day ->
          day.equals(LocalDate.MAX) || day.equals(LocalDate.MIN)
              ? infinity(day.getYear())
              : day.toString();
      case LocalTime time -> ISO_LOCAL_TIME.format(time);
      case OffsetTime time -> ISO_OFFSET_TIME.format(time);
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

  /** PostgreSQL's words for what its client shows as the first and the last of all years. */
  private static String infinity(int year) {
    return year > 0 ? "infinity" : "-infinity";
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
      case JsonValue json when dialect == Dialect.MYSQL -> TemplateJson.write(json.value());
      case JsonValue json -> in(json.value(), dialect);
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
