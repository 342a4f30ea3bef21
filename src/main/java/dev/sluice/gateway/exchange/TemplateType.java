package dev.sluice.gateway.exchange;

import dev.sluice.gateway.failure.Failed;
import dev.sluice.gateway.failure.Failure;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What a template's value has to be: {@code {query.limit:int}}. */
public enum TemplateType {
  /** A whole number of 32 bits. */
  INT("a whole number of 32 bits"),
  /** A whole number of 64 bits. */
  LONG("a whole number of 64 bits"),
  /** A number with all its digits, at most a thousand on either side of the point. */
  DECIMAL("a decimal number"),
  /**
   * Any text that has a form in UTF-8; numbers and truths as they are written, objects and arrays
   * as JSON.
   */
  TEXT("a text"),
  /** true or false. */
  BOOL("true or false"),
  /** A UUID in its 36 characters. */
  UUID("a UUID"),
  /** A day from 0001-01-01 to 9999-12-31 (RFC 3339 has four digits for a year). */
  DATE("a date such as 2024-02-29"),
  /** A moment of these days: 2024-02-29T12:00:00Z; without an offset it is UTC. */
  TIMESTAMP("a time such as 2024-02-29T12:00:00Z"),
  /** Any JSON value; a text from elsewhere than a JSON body is parsed. */
  JSON("JSON");

  private static final int MOST_DIGITS = 1_000;
  private static final int LONGEST_NUMBER = 2_100;
  private static final Pattern UUID_TEXT =
      Pattern.compile("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}");

  private final String wanted;

  TemplateType(String wanted) {
    this.wanted = wanted;
  }

  /** The word for it in a template. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The type of this word; null when there is none. */
  static @Nullable TemplateType of(String word) {
    for (TemplateType type : values()) {
      if (type.word().equals(word)) {
        return type;
      }
    }
    return null;
  }

  /** All words. */
  static List<String> words() {
    return Stream.of(values()).map(TemplateType::word).collect(Collectors.toList());
  }

  /**
   * The value as this type: Integer, Long, BigDecimal, String, Boolean, UUID, LocalDate,
   * OffsetDateTime, or JSON.
   *
   * @param value as the request has it; null stays null
   * @param json whether a text is a JSON string already
   * @param field what to call it in the message
   * @throws Failed {@code INVALID_INPUT} when it does not fit
   */
  @Nullable Object of(@Nullable Object value, boolean json, String field) {
    if (value == null) {
      return null;
    }
    try {
      Object made = this == JSON && !json ? TemplateJson.parse(bytes(value)) : make(value);
      if (made != null || this == JSON) {
        return made;
      }
    } catch (Failed | ArithmeticException | DateTimeException | NumberFormatException unfit) {
      // said below
    }
    throw new Failed(Failure.INVALID_INPUT, field + " is not " + wanted);
  }

  private static byte[] bytes(Object value) {
    return value.toString().getBytes(java.nio.charset.StandardCharsets.UTF_8);
  }

  private @Nullable Object make(Object value) {
    boolean structure = value instanceof Map<?, ?> || value instanceof List<?>;
    if (structure && this != TEXT && this != JSON) {
      return null;
    }
    String text = structure ? "" : value.toString();
    return switch (this) {
      case INT -> number(value, text) instanceof BigDecimal number ? number.intValueExact() : null;
      case LONG ->
          number(value, text) instanceof BigDecimal number ? number.longValueExact() : null;
      case DECIMAL -> number(value, text);
      case TEXT ->
          structure ? TemplateJson.write(value) : TemplateJson.encodable(text) ? text : null;
      case BOOL -> text.equals("true") ? Boolean.TRUE : text.equals("false") ? Boolean.FALSE : null;
      case UUID -> UUID_TEXT.matcher(text).matches() ? java.util.UUID.fromString(text) : null;
      case DATE -> {
        LocalDate day = LocalDate.parse(text);
        yield known(day.getYear()) ? day : null;
      }
      case TIMESTAMP -> moment(text);
      case JSON -> value;
    };
  }

  private static @Nullable OffsetDateTime moment(String text) {
    OffsetDateTime moment;
    try {
      moment = OffsetDateTime.parse(text).withOffsetSameInstant(ZoneOffset.UTC);
    } catch (DateTimeException noOffset) {
      moment = LocalDateTime.parse(text.replace(' ', 'T')).atOffset(ZoneOffset.UTC);
    }
    return known(moment.getYear()) ? moment : null;
  }

  /** Databases wrap other years around, or store them as something else. */
  private static boolean known(int year) {
    return year >= 1 && year <= 9999;
  }

  /** Bounded before it is parsed and after: 1e999999999 is short, and what comes of it is not. */
  private static @Nullable BigDecimal number(Object value, String text) {
    if (value instanceof Boolean || text.length() > LONGEST_NUMBER) {
      return null;
    }
    BigDecimal number =
        value instanceof BigInteger whole ? new BigDecimal(whole) : new BigDecimal(text.strip());
    boolean bounded =
        Math.abs(number.scale()) <= MOST_DIGITS
            && number.precision() - (long) number.scale() <= MOST_DIGITS;
    return bounded ? number : null;
  }
}
