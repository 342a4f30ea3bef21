package dev.sluice.gateway.filter.limit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.config.FilterConfig;
import dev.sluice.gateway.config.LimitConfig;
import dev.sluice.gateway.config.LimitConfig.OnPartition;
import dev.sluice.gateway.config.LimitConfig.Period;
import io.vertx.core.Future;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class QuotaBookTest {
  private Instant now = Instant.parse("2026-03-30T23:00:00Z");
  private final Map<String, Long> sums = new HashMap<>();
  private boolean broken;

  private boolean silent;

  /** Keeps sums as a database would, or does not answer well. */
  private final Ledger ledger =
      new Ledger() {
        @Override
        public void add(Period period, Map<String, Count> counts, Answers answers) {
          if (broken) {
            answers.failed(counts.keySet(), "it is away");
            return;
          }
          counts.forEach((key, count) -> {
            String all = period.start() + key;
            long sum = Math.max(sums.getOrDefault(all, 0L), count.known()) + count.added();
            sums.put(all, sum);
            answers.totals(Map.of(key, sum));
          });
        }

        @Override
        public boolean silent() {
          return silent;
        }
      };

  private static FilterConfig.Quota quota(Period per, int keys) {
    return new FilterConfig.Quota(
        1,
        per,
        new LimitConfig.Key(LimitConfig.KeyKind.ROUTE, null),
        1,
        OnPartition.LOCAL,
        false,
        keys,
        null);
  }

  private QuotaBook book(int keys, Ledger kept) {
    return new QuotaBook("route/a", quota(Period.DAY, keys), () -> now, kept);
  }

  private QuotaBook book() {
    return book(1_000, ledger);
  }

  private static int taken(QuotaBook book, String key, int times, long limit) {
    int taken = 0;
    for (int i = 0; i < times; i++) {
      taken += left(book, key, limit) >= 0 ? 1 : 0;
    }
    return taken;
  }

  /** Takes one. */
  private static long left(QuotaBook book, String key, long limit) {
    return book.page().account(key).take(1, limit);
  }

  @Test
  void soManyPassInAPeriodAndAllAgainInTheNext() {
    QuotaBook book = book();
    assertThat(taken(book, "a", 10, 5)).isEqualTo(5);
    assertThat(taken(book, "b", 3, 5)).as("another key").isEqualTo(3);
    now = Instant.parse("2026-03-30T23:59:59.999Z");
    assertThat(taken(book, "a", 1, 5)).isZero();
    assertThat(book.page().secondsLeft()).isEqualTo(1);
    now = Instant.parse("2026-03-31T00:00:00Z");
    assertThat(taken(book, "a", 10, 5)).isEqualTo(5);
  }

  @Test
  void whatOthersCountedIsCountedHereAfterTheNextRound() {
    QuotaBook one = book();
    QuotaBook other = book();
    taken(one, "a", 60, 100);
    one.keep();
    assertThat(taken(other, "a", 1, 100)).isEqualTo(1);
    other.keep();
    assertThat(left(other, "a", 100)).as("61 are used").isEqualTo(38);
    assertThat(taken(other, "a", 100, 100)).isEqualTo(38);
    other.keep();
    assertThat(taken(one, "a", 1, 100)).as("it does not know yet").isEqualTo(1);
    one.keep();
    assertThat(taken(one, "a", 100, 100)).isZero();
    assertThat(sums).containsEntry("2026-03-30T00:00:00Za", 101L);
  }

  @Test
  void manyNodesLetTheLimitPassAndWhatCameBetweenTwoRoundsAtMost() {
    Random random = new Random(11);
    List<QuotaBook> nodes = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      nodes.add(book());
    }
    long passed = 0;
    long mostInARound = 0;
    for (int round = 0; round < 2_000; round++) {
      long inThisRound = 0;
      for (QuotaBook node : nodes) {
        inThisRound += taken(node, "a", random.nextInt(20), 10_000);
      }
      passed += inThisRound;
      mostInARound = Math.max(mostInARound, inThisRound);
      nodes.forEach(QuotaBook::keep);
    }
    assertThat(passed).isBetween(10_000L, 10_000L + 2 * mostInARound);
    assertThat(sums.values()).containsExactly(passed);
  }

  @Test
  void whatTheLedgerDidNotTakeItIsToldAgain() {
    QuotaBook book = book();
    broken = true;
    taken(book, "a", 7, 100);
    book.keep();
    taken(book, "a", 2, 100);
    broken = false;
    book.keep();
    assertThat(sums.values()).containsExactly(9L);
    assertThat(left(book, "a", 100)).isEqualTo(90);
  }

  @Test
  void whatTheLedgerForgetsItIsToldOnceHoweverManyNodesKnowIt() {
    List<QuotaBook> nodes = List.of(book(), book(), book());
    nodes.forEach(node -> taken(node, "a", 30, 200));
    for (int round = 0; round < 2; round++) {
      nodes.forEach(node -> taken(node, "a", 1, 200));
      nodes.forEach(QuotaBook::keep);
    }
    assertThat(sums.values()).containsExactly(96L);
    sums.clear();
    nodes.forEach(node -> taken(node, "a", 1, 200));
    nodes.forEach(QuotaBook::keep);
    assertThat(sums.values())
        .as("all but what was counted in that round, which the last to speak may have missed")
        .singleElement(InstanceOfAssertFactories.LONG)
        .isBetween(97L, 99L);
    assertThat(left(nodes.getLast(), "a", 200)).isBetween(200L - 100, 200L - 98);
  }

  @Test
  void aBookIsBlindUntilTheLedgerAnswersAgain() {
    QuotaBook book = book(1_000, ledger);
    broken = true;
    taken(book, "a", 1, 100);
    book.keep();
    assertThat(book.blind()).isTrue();
    broken = false;
    book.keep();
    assertThat(book.blind()).isFalse();
  }

  @Test
  void aBookIsBlindWhileSomebodyIsSilentThatCounts() {
    QuotaBook book = book(1_000, ledger);
    silent = true;
    assertThat(book.blind()).isTrue();
    silent = false;
    assertThat(book.blind()).isFalse();
  }

  /** Answers when a test says so. */
  private static final class Slow implements Ledger {
    private final Map<String, Answers> asked = new HashMap<>();
    private final Map<String, Count> counts = new HashMap<>();

    @Override
    public void add(Period period, Map<String, Count> added, Answers answers) {
      counts.putAll(added);
      added.keySet().forEach(key -> asked.put(key, answers));
    }

    void answer(String key, long total) {
      Objects.requireNonNull(asked.remove(key)).totals(Map.of(key, total));
    }
  }

  @Test
  void whatIsCountedWhileARoundIsUnderWayIsNotLost() {
    Slow slow = new Slow();
    QuotaBook book = book(1_000, slow);
    taken(book, "a", 3, 100);
    Future<Void> round = book.keep();
    taken(book, "a", 4, 100);
    book.keep();
    assertThat(slow.counts).containsEntry("a", new Ledger.Count(0, 3));
    assertThat(round.isComplete()).isFalse();
    slow.answer("a", 50);
    assertThat(round.succeeded()).isTrue();
    assertThat(left(book, "a", 100)).as("50 and 4 are used").isEqualTo(45);
    book.keep();
    assertThat(slow.counts).containsEntry("a", new Ledger.Count(50, 5));
  }

  @Test
  void aKeyWhoseKeeperIsSilentHoldsUpNoOtherAndMakesBlindAfterAWhile() {
    Slow slow = new Slow();
    QuotaBook book = book(1_000, slow);
    taken(book, "gone", 1, 100);
    taken(book, "there", 1, 100);
    book.keep();
    slow.answer("there", 60);
    assertThat(left(book, "there", 100)).isEqualTo(39);
    now = now.plusSeconds(3);
    book.keep();
    slow.answer("there", 70);
    assertThat(left(book, "there", 100)).isEqualTo(29);
    assertThat(book.blind()).isTrue();
    slow.answer("gone", 1);
    assertThat(book.blind()).isFalse();
  }

  @Test
  void aLimitThatChangesGoesOnWithWhatWasCounted() {
    Quotas quotas = new Quotas(() -> now, database -> Ledger.NONE);
    QuotaBook before = quotas.book("route/a", quota(Period.DAY, 1_000));
    assertThat(taken(before, "a", 10, 8)).isEqualTo(8);
    FilterConfig.Quota more =
        new FilterConfig.Quota(
            20,
            Period.DAY,
            new LimitConfig.Key(LimitConfig.KeyKind.ROUTE, null),
            5,
            OnPartition.REFUSE,
            true,
            1_000,
            null);
    assertThat(taken(quotas.book("route/a", more), "a", 20, 20)).isEqualTo(12);
    assertThat(quotas.book("route/a", quota(Period.WEEK, 1_000)))
        .as("another period is another count")
        .isNotSameAs(before);
  }

  @Test
  void aFloodOfKeysIsRememberedUpToItsBound() {
    QuotaBook book = book(100, ledger);
    for (int i = 0; i < 100_000; i++) {
      taken(book, "key" + i, 1, 10);
    }
    assertThat(book.stats().keys()).isLessThanOrEqualTo(100);
  }

  @ParameterizedTest
  @CsvSource({
    "HOUR,  2026-03-30T23:45:10Z, 2026-03-30T23:00:00Z, 2026-03-31T00:00:00Z",
    "DAY,   2026-12-31T23:59:59Z, 2026-12-31T00:00:00Z, 2027-01-01T00:00:00Z",
    "WEEK,  2026-03-29T23:59:59Z, 2026-03-23T00:00:00Z, 2026-03-30T00:00:00Z",
    "WEEK,  2026-03-30T00:00:00Z, 2026-03-30T00:00:00Z, 2026-04-06T00:00:00Z",
    "MONTH, 2028-02-29T12:00:00Z, 2028-02-01T00:00:00Z, 2028-03-01T00:00:00Z",
    "MONTH, 2026-12-01T00:00:00Z, 2026-12-01T00:00:00Z, 2027-01-01T00:00:00Z"
  })
  void periodsAreThoseOfTheCalendar(Period period, Instant at, Instant start, Instant end) {
    assertThat(period.start(at)).isEqualTo(start);
    assertThat(period.end(at)).isEqualTo(end);
  }
}
