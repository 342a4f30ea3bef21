package dev.sluice.gateway.database;

import dev.sluice.gateway.config.DatabaseConfig.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * A statement as a database takes it. In configurations parameters are {@code $1}, {@code $2}, …;
 * MySQL knows only {@code ?}, so there each place is a parameter of its own. Values never become
 * part of the text. Immutable.
 *
 * @param sql with the placeholders of its dialect
 * @param places for each placeholder, in order, the parameter's index from 0
 * @param parameters how many parameters there are
 * @param traits what is known of it without asking the database
 */
public record SqlText(String sql, List<Integer> places, int parameters, Traits traits) {
  /**
   * What a statement's words tell of it.
   *
   * @param reads whether it reads only, so that it may be sent again; when in doubt it does not
   * @param streams whether its rows may be read piece by piece: it reads only, and every dialect
   *     has a cursor for it
   * @param givesRows whether it gives rows
   * @param counts whether the database tells a number of rows
   */
  public record Traits(boolean reads, boolean streams, boolean givesRows, boolean counts) {
    static Traits of(String sql) {
      String plain = plain(sql);
      boolean reads = READ.matcher(plain).matches() && !CHANGES.matcher(plain).matches();
      return new Traits(
          reads,
          reads && STREAM.matcher(plain).matches(),
          READ.matcher(plain).matches() || RETURNS.matcher(plain).matches(),
          COUNTS.matcher(plain).matches());
    }
  }

  private static final Traits INSERT = new Traits(false, false, false, true);
  private static final Pattern READ =
      Pattern.compile("(?is)\\s*(select|with|values|show|table|explain|desc|describe)\\b.*");
  private static final Pattern STREAM = Pattern.compile("(?is)\\s*(select|with|values)\\b.*");
  private static final Pattern CHANGES =
      Pattern.compile("(?is).*\\b(insert|update|delete|merge|replace|for\\s+update|into)\\b.*");
  private static final Pattern COUNTS =
      Pattern.compile(
          "(?is)\\s*(insert|update|delete|merge|replace|select|with|values|table|load)\\b.*");
  private static final Pattern RETURNS = Pattern.compile("(?is).*\\breturning\\b.*");

  public SqlText {
    places = List.copyOf(places);
  }

  /**
   * Reads a statement: what stands in quotes, in dollar quotes and in comments is no placeholder.
   */
  public static SqlText of(String text, Kind kind) {
    StringBuilder out = new StringBuilder(text.length());
    List<Integer> places = new ArrayList<>();
    int parameters = 0;
    for (int i = 0; i < text.length(); ) {
      int end = skip(text, i, kind);
      if (end > i) {
        out.append(text, i, end);
        i = end;
        continue;
      }
      int digits = text.charAt(i) == '$' ? digits(text, i + 1) : 0;
      if (digits == 0 || digits > 5) {
        out.append(text.charAt(i++));
        continue;
      }
      int number = Integer.parseInt(text.substring(i + 1, i + 1 + digits));
      parameters = Math.max(parameters, number);
      places.add(number - 1);
      out.append(kind == Kind.MYSQL ? "?" : text.substring(i, i + 1 + digits));
      i += 1 + digits;
    }
    if (kind == Kind.POSTGRES) {
      places.clear();
      for (int i = 0; i < parameters; i++) {
        places.add(i);
      }
    }
    String sql = out.toString();
    return new SqlText(sql, places, parameters, Traits.of(sql));
  }

  /** An insert that is written in its dialect already, each placeholder a parameter of its own. */
  public static SqlText insert(String sql, int placeholders) {
    List<Integer> places = IntStream.range(0, placeholders).boxed().toList();
    return new SqlText(sql, places, placeholders, INSERT);
  }

  /** Without what stands in quotes and comments. */
  private static String plain(String sql) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < sql.length(); ) {
      int end = skip(sql, i, Kind.POSTGRES);
      if (end > i) {
        out.append(' ');
        i = end;
      } else {
        out.append(sql.charAt(i++));
      }
    }
    return out.toString().toLowerCase(Locale.ROOT);
  }

  private static int digits(String text, int from) {
    int at = from;
    while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
      at++;
    }
    return at - from;
  }

  /** The end of the quotes or the comment that begins at {@code at}; {@code at} when none does. */
  private static int skip(String text, int at, Kind kind) {
    char c = text.charAt(at);
    if (c == '\'' || c == '"' || c == '`') {
      boolean escapes = at > 0 && (text.charAt(at - 1) | 0x20) == 'e'; // E'…', PostgreSQL §4.1.2.2
      return quotes(text, at, c, kind == Kind.MYSQL || escapes);
    }
    if (text.startsWith("--", at) || (c == '#' && kind == Kind.MYSQL)) {
      int end = text.indexOf('\n', at);
      return end < 0 ? text.length() : end + 1;
    }
    if (text.startsWith("/*", at)) {
      int end = text.indexOf("*/", at + 2);
      return end < 0 ? text.length() : end + 2;
    }
    if (c == '$' && kind == Kind.POSTGRES && digits(text, at + 1) == 0) {
      return dollarQuotes(text, at);
    }
    return at;
  }

  private static int quotes(String text, int at, char quote, boolean backslash) {
    int i = at + 1;
    while (i < text.length()) {
      char c = text.charAt(i);
      if (c == '\\' && backslash) {
        i++;
      } else if (c == quote) {
        if (i + 1 < text.length() && text.charAt(i + 1) == quote) {
          i++;
        } else {
          return i + 1;
        }
      }
      i++;
    }
    return text.length();
  }

  /** {@code $tag$ … $tag$}, PostgreSQL §4.1.2.4. */
  private static int dollarQuotes(String text, int at) {
    int close = text.indexOf('$', at + 1);
    if (close < 0 || !text.substring(at + 1, close).matches("([A-Za-z_][A-Za-z0-9_]*)?")) {
      return at;
    }
    String tag = text.substring(at, close + 1);
    int end = text.indexOf(tag, close + 1);
    return end < 0 ? text.length() : end + tag.length();
  }
}
