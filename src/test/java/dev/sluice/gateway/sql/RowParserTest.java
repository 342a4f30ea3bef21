package dev.sluice.gateway.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.gateway.failure.Failed;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RowParserTest {
  private static final List<String> COLUMNS = List.of("a", "b");

  private final List<String> rows = new ArrayList<>();

  private RowParser parser() {
    rows.clear();
    return new RowParser(
        COLUMNS, truth -> truth ? "yes" : "no", row -> rows.add(Arrays.toString(row)));
  }

  private List<String> parse(String text) {
    RowParser parser = parser();
    parser.feed(text.getBytes(StandardCharsets.UTF_8));
    parser.end();
    return List.copyOf(rows);
  }

  @Test
  void arraysAndLinesAreBothTaken() {
    List<String> wanted = List.of("[1, x]", "[2, null]");
    assertThat(parse("[{\"a\": 1, \"b\": \"x\"}, {\"a\": 2}]")).isEqualTo(wanted);
    assertThat(parse("{\"a\": 1, \"b\": \"x\"}\n{\"a\": 2}\n")).isEqualTo(wanted);
    assertThat(parse("[]")).isEmpty();
    assertThat(parse("")).isEmpty();
  }

  @Test
  void valuesKeepTheirDigitsAndOtherFieldsAreLeftOut() {
    assertThat(
            parse(
                "{\"x\": {\"a\": 9}, \"a\": 1.10, \"y\": [1, {\"b\": 2}], \"b\": true}"
                    + "{\"a\": {\"k\": [1, \"q\\\"\"]}, \"b\": null}"))
        .isEqualTo(List.of("[1.10, yes]", "[{\"k\":[1,\"q\\\"\"]}, null]"));
  }

  @Test
  void itDoesNotMatterHowTheBytesCome() {
    String text =
        "[{\"a\": \"ä€😀\", \"b\": {\"n\": [1.5, \"\\u00e9\"]}}, {\"b\": -1e3, \"a\": false}]";
    List<String> wanted = parse(text);
    byte[] octets = text.getBytes(StandardCharsets.UTF_8);
    Random random = new Random(7);
    for (int round = 0; round < 200; round++) {
      RowParser parser = parser();
      for (int from = 0; from < octets.length; ) {
        int to = Math.min(octets.length, from + 1 + random.nextInt(5));
        parser.feed(Arrays.copyOfRange(octets, from, to));
        from = to;
      }
      parser.end();
      assertThat(rows).isEqualTo(wanted);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"a\": 1}, 7          | row 2 is not JSON",
        "[{\"a\": 1}, 7]        | row 2 is no object",
        "[[1]]                  | row 1 is no object",
        "7                      | row 1 is no object",
        "[{\"a\": 1}            | row 2 is not JSON",
        "{\"a\": 1} {\"a\":     | row 2 is not JSON",
        "[{\"a\": 1}] {\"a\": 1}| row 2 is no object",
        "{\"a\" 1}              | row 1 is not JSON",
        "{'a': 1}               | row 1 is not JSON"
      })
  void whatIsWrongIsSaidWithTheRow(String text, String message) {
    assertThatThrownBy(() -> parse(text)).isInstanceOf(Failed.class).hasMessage(message);
  }

  @Test
  void aRowHasABound() {
    String long1 = "\"" + "x".repeat(700_000) + "\"";
    assertThatThrownBy(() -> parse("{\"a\": " + long1 + ", \"b\": " + long1 + "}"))
        .hasMessage("row 1 is too long");
  }
}
