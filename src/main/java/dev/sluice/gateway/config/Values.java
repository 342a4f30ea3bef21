package dev.sluice.gateway.config;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Scalars with units and ranges. */
final class Values {
  private static final Pattern NUMBER = Pattern.compile("[0-9]{1,12}");
  private static final Pattern LIKE_SIZE = Pattern.compile("([0-9]{1,12}) ?([kKmMgG])(?:i?[bB]?)");
  private static final Pattern SHARE = Pattern.compile("([0-9]{1,3}(?:\\.[0-9]{1,6})?)%");
  private static final Pattern FRACTION = Pattern.compile("[0-9]{1,3}(\\.[0-9]{1,6})?");
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,62}");

  /** true or false. */
  static final Scalar<Boolean> BOOLEAN =
      Scalar.bare(
          "true or false",
          Map.of("type", "boolean"),
          (text, shown) -> {
            if (text.equals("true") || text.equals("false")) {
              return text.equals("true");
            }
            throw new Unfit("needs true or false, not " + shown);
          });

  /** Any text of one line. */
  static final Scalar<String> LINE =
      Scalar.of(
          "text",
          "",
          (text, shown) -> {
            if (text.chars().anyMatch(c -> c < ' ' && c != '\t' || c == 0x7f)) {
              throw new Unfit("holds a line break or control character");
            }
            return text;
          });

  /** Any text. */
  static final Scalar<String> TEXT = Scalar.of("text", "", (text, shown) -> text);

  /** 50%. */
  static final Scalar<Double> SHARE_OF_ALL =
      Scalar.of("share (0% to 100%)", "^[0-9]+(\\.[0-9]+)?%$", Values::share);

  /** 100/s. */
  static final Scalar<Rate> RATE =
      Scalar.of(
          "rate (`100/s`)",
          "^[1-9][0-9]*/(s|m|h|d)$",
          (text, shown) -> {
            if (Units.RATE.matcher(text).matches()) {
              return Units.rate(text);
            }
            throw new Unfit(
                NUMBER.matcher(text).matches()
                    ? shown + " has no unit: did you mean " + quoted(shown) + "/s?"
                    : shown
                        + " is no rate: write a whole number from 1 to 999999999 and /s, /m, /h or"
                        + " /d, for instance 100/s");
          });

  /** A token or a password; shown nowhere. */
  static final Scalar<Secret> SECRET =
      LINE.then(
              (text, at, reading) -> {
                reading.sources().hide(text.value());
                if (text.value().length() < 8) {
                  throw new Unfit("the secret is shorter than 8 characters");
                }
                return new Secret(text.value());
              })
          .named("secret (8 characters or more)");

  private Values() {}

  static String name(String text, String shown) throws Unfit {
    if (!NAME.matcher(text).matches()) {
      throw new Unfit(
          "the name "
              + shown
              + " is no good: 1 to 63 letters, digits, '.', '_' and '-', beginning with a letter or"
              + " digit");
    }
    return text;
  }

  /** A whole number in a range. */
  static Scalar<Integer> count(int min, int max) {
    String range = min + " to " + grouped(max);
    return Scalar.bare(
        "whole number (" + range + ")",
        ordered("type", "integer", "minimum", min, "maximum", max),
        (text, shown) -> {
          if (!text.matches("-?[0-9]{1,18}")) {
            throw new Unfit("needs a whole number (" + range + "), not " + shown);
          }
          long value = Long.parseLong(text);
          if (value < min || value > max) {
            throw new Unfit(shown + " is out of range: " + range);
          }
          return (int) value;
        });
  }

  /** A duration with its unit, in a range. */
  static Scalar<Duration> duration(String min, String max) {
    Duration least = Units.duration(min);
    Duration most = Units.duration(max);
    String range = min + " to " + max;
    return Scalar.of(
        "duration (" + range + ")",
        "^[0-9]+(ms|s|m|h|d)$",
        (text, shown) -> {
          if (NUMBER.matcher(text).matches()) {
            throw new Unfit(shown + " has no unit: did you mean " + quoted(shown) + "s?");
          }
          if (!Units.DURATION.matcher(text).matches()) {
            throw new Unfit(
                shown
                    + " is no duration: write a whole number and ms, s, m, h or d, for instance"
                    + " 15s");
          }
          Duration value = Units.duration(text);
          if (value.compareTo(least) < 0 || value.compareTo(most) > 0) {
            throw new Unfit(shown + " is out of range: " + range);
          }
          return value;
        });
  }

  /** Bytes with their unit, in a range. */
  static Scalar<Long> size(String min, String max) {
    long least = Units.bytes(min);
    long most = Units.bytes(max);
    String range = min + " to " + max;
    return Scalar.of(
        "size (" + range + ")",
        "^[0-9]+(B|KiB|MiB|GiB)$",
        (text, shown) -> {
          if (NUMBER.matcher(text).matches()) {
            throw new Unfit(shown + " has no unit: write B, KiB, MiB or GiB, for instance 64KiB");
          }
          Matcher like = LIKE_SIZE.matcher(text);
          if (!Units.SIZE.matcher(text).matches()) {
            throw new Unfit(
                shown
                    + " is no size: write a whole number and B, KiB, MiB or GiB"
                    + (like.matches() && text.equals(quoted(shown))
                        ? ": did you mean "
                            + like.group(1)
                            + like.group(2).toUpperCase(java.util.Locale.ROOT)
                            + "iB?"
                        : ", for instance 64KiB"));
          }
          long value = Units.bytes(text);
          if (value < least || value > most) {
            throw new Unfit(shown + " is out of range: " + range);
          }
          return value;
        });
  }

  /** A word and what it stands for, in the order to show. */
  @SafeVarargs
  static <V> Map<String, V> words(Map.Entry<String, ? extends V>... entries) {
    Map<String, V> words = new LinkedHashMap<>();
    for (Map.Entry<String, ? extends V> entry : entries) {
      words.put(entry.getKey(), entry.getValue());
    }
    return words;
  }

  /** One of some words. */
  static <V> Scalar<V> choice(Map<String, V> words) {
    String all =
        words.size() == 1 ? words.keySet().iterator().next() : String.join(", ", words.keySet());
    return Scalar.bare(
            all.isEmpty() ? "nothing" : words.size() == 1 ? "`" + all + "`" : "one of " + all,
            Map.of("enum", words.keySet().stream().map(Values::constant).toList()),
            (text, shown) -> word(words, text, shown))
        .quotable();
  }

  /** A word as YAML reads it where it stands bare. */
  private static Object constant(String word) {
    return NUMBER.matcher(word).matches() ? (Object) Integer.parseInt(word) : word;
  }

  /** A value that the word {@code off} switches off. */
  static <V> Scalar<Optional<V>> orOff(Scalar<V> scalar) {
    Map<String, Object> schema = Map.of("anyOf", List.of(scalar.schema(), Map.of("const", "off")));
    return new Scalar<>(
        scalar.type() + ", or `off`",
        schema,
        false,
        (text, at, reading) ->
            text.value().equals("off")
                ? Optional.empty()
                : Optional.of(scalar.parser().parse(text, at, reading)));
  }

  private static <V> V word(Map<String, V> words, String text, String shown) throws Unfit {
    V value = words.get(text);
    if (value == null) {
      boolean word = !text.isEmpty() && Character.isLetter(text.charAt(0));
      String near =
          word && text.equals(quoted(shown)) ? Nearest.suggestion(text, words.keySet()) : "";
      throw new Unfit(
          shown
              + " is not known here"
              + (near.isEmpty() ? "; there is: " + String.join(", ", words.keySet()) : near));
    }
    return value;
  }

  private static double share(String text, String shown) throws Unfit {
    Matcher matcher = SHARE.matcher(text);
    if (!matcher.matches()) {
      if (FRACTION.matcher(text).matches() && text.equals(quoted(shown))) {
        BigDecimal number = new BigDecimal(text);
        BigDecimal percent =
            number.compareTo(BigDecimal.ONE) <= 0 && text.contains(".")
                ? number.movePointRight(2)
                : number;
        throw new Unfit(
            shown
                + " has no unit: did you mean "
                + percent.stripTrailingZeros().toPlainString()
                + "%?");
      }
      throw new Unfit(shown + " is no share: write a number and %, for instance 50%");
    }
    double percent = Double.parseDouble(matcher.group(1));
    if (percent > 100) {
      throw new Unfit(shown + " is out of range: 0% to 100%");
    }
    return percent / 100;
  }

  /** What stands between the quotes of a shown text. */
  private static String quoted(String shown) {
    return shown.substring(1, shown.length() - 1);
  }

  private static String grouped(int number) {
    StringBuilder text = new StringBuilder(Integer.toString(number));
    for (int i = text.length() - 3; i > 0 && number >= 10_000; i -= 3) {
      text.insert(i, ',');
    }
    return text.toString();
  }

  private static Map<String, Object> ordered(Object... pairs) {
    Map<String, Object> map = new LinkedHashMap<>();
    for (int i = 0; i < pairs.length; i += 2) {
      map.put((String) pairs[i], pairs[i + 1]);
    }
    return map;
  }
}
