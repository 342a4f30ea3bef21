package dev.sluice.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.testing.RawHttp;
import dev.sluice.gateway.testing.RequestCases;
import dev.sluice.gateway.testing.ResponseCases;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class MessageScannerTest {
  static Stream<byte[]> requests() {
    return RequestCases.all().stream().map(row -> RawHttp.bytes(row.bytes()));
  }

  static Stream<byte[]> answers() {
    return ResponseCases.all().stream().map(row -> RawHttp.bytes(row.bytes()));
  }

  /** Events of the messages: ends and the violation, with the position where each was seen. */
  private static List<String> events(MessageScanner scanner, byte[] bytes, Random cuts, int most) {
    List<String> events = new ArrayList<>();
    int at = 0;
    while (at < bytes.length) {
      int end = Math.min(bytes.length, at + 1 + cuts.nextInt(most));
      while (at < end) {
        long skippable = scanner.skippable();
        if (skippable > 0) {
          int count = (int) Math.min(skippable, end - at);
          at += count;
          if (scanner.skip(count)) {
            events.add("end " + at);
          }
          continue;
        }
        at = scanner.scan(bytes, at, end);
        switch (scanner.stop()) {
          case HEAD -> events.add("head " + at);
          case END -> events.add("end " + at);
          case BAD -> {
            events.add(scanner.failure() + " " + scanner.detail());
            return events;
          }
          default -> {}
        }
      }
    }
    return events;
  }

  @ParameterizedTest
  @MethodSource("requests")
  void findsTheSameHoweverARequestIsCut(byte[] bytes) {
    List<String> whole =
        events(
            MessageScanner.ofRequests(MessageScanner.Limits.DEFAULT),
            bytes,
            new Random(1),
            1 << 20);
    for (int most : new int[] {1, 2, 7, 100}) {
      assertThat(
              events(
                  MessageScanner.ofRequests(MessageScanner.Limits.DEFAULT),
                  bytes,
                  new Random(2),
                  most))
          .isEqualTo(whole);
    }
  }

  @ParameterizedTest
  @MethodSource("answers")
  void findsTheSameHoweverAnAnswerIsCut(byte[] bytes) {
    List<String> whole =
        events(
            MessageScanner.ofResponses(MessageScanner.Limits.DEFAULT),
            bytes,
            new Random(1),
            1 << 20);
    for (int most : new int[] {1, 2, 7, 100}) {
      assertThat(
              events(
                  MessageScanner.ofResponses(MessageScanner.Limits.DEFAULT),
                  bytes,
                  new Random(2),
                  most))
          .isEqualTo(whole);
    }
  }

  @Test
  void survivesAnyMutationAndStillDoesNotDependOnTheCuts() {
    Random random = new Random(42);
    List<byte[]> seeds = requests().filter(bytes -> bytes.length < 500).toList();
    String alphabet = "\r\n :;,=\"0123abcXYZ\t\0\u007f\u00e9";
    for (int round = 0; round < 20_000; round++) {
      byte[] bytes = seeds.get(random.nextInt(seeds.size())).clone();
      for (int i = 0; i < 3; i++) {
        bytes[random.nextInt(bytes.length)] =
            (byte) alphabet.charAt(random.nextInt(alphabet.length()));
      }
      List<String> whole =
          events(MessageScanner.ofRequests(MessageScanner.Limits.DEFAULT), bytes, random, 1 << 20);
      assertThat(events(MessageScanner.ofRequests(MessageScanner.Limits.DEFAULT), bytes, random, 3))
          .isEqualTo(whole);
    }
  }

  @Test
  void findsTheEndOfEveryValidMessageInARow() {
    Random random = new Random(7);
    for (int round = 0; round < 500; round++) {
      StringBuilder all = new StringBuilder();
      List<Integer> ends = new ArrayList<>();
      for (int i = 0; i < 5; i++) {
        int size = random.nextInt(50);
        all.append("POST /x HTTP/1.1\r\nHost: a\r\n");
        if (random.nextBoolean()) {
          all.append("Content-Length: ").append(size).append("\r\n\r\n").append("b".repeat(size));
        } else {
          all.append("Transfer-Encoding: chunked\r\n\r\n");
          IntStream.range(0, random.nextInt(4))
              .map(n -> 1 + random.nextInt(20))
              .forEach(n ->
                  all.append(Integer.toHexString(n))
                      .append("\r\n")
                      .append("c".repeat(n))
                      .append("\r\n"));
          all.append("0\r\n\r\n");
        }
        ends.add(all.length());
      }
      List<String> found =
          events(
              MessageScanner.ofRequests(MessageScanner.Limits.DEFAULT),
              RawHttp.bytes(all.toString()),
              random,
              9);
      assertThat(found.stream().filter(event -> event.startsWith("end")))
          .containsExactlyElementsOf(ends.stream().map(end -> "end " + end).toList());
    }
  }
}
