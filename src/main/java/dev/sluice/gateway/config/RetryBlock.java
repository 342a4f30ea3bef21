package dev.sluice.gateway.config;

import static dev.sluice.gateway.config.Values.count;
import static dev.sluice.gateway.config.Values.duration;

import dev.sluice.gateway.resilience.Backoff;
import dev.sluice.gateway.resilience.RetryPolicy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.IntStream;

/** The keys of a route's retry. */
final class RetryBlock {
  private static final List<String> WORDS = List.of("connectFailure", "reset", "timeout", "5xx");
  private static final Scalar<Duration> DELAY = duration("0ms", "1h");

  private static final Scalar<String> CONDITION =
      Scalar.of(
          "one of connectFailure, reset, timeout, 5xx or a status 500 to 599",
          "",
          RetryBlock::condition);

  private static final Shape<Backoff> BACKOFF_SHAPE =
      Shapes.either(
          DELAY
              .then((text, at, reading) -> exponential(text, at, reading))
              .named("durations `25ms..250ms`")
              .matching("^[0-9]+(ms|s|m|h|d)\\.\\.[0-9]+(ms|s|m|h|d)$"),
          Shapes.as(
              Shapes.some(DELAY),
              delays -> new Backoff.Listed(delays.stream().map(Duration::toNanos).toList())));

  private static final Key<Integer> ATTEMPTS =
      Key.of("attempts", count(1, 10), "2", "All attempts, the first included.");
  private static final Key<List<String>> ON =
      Key.of(
          "on",
          Shapes.list(CONDITION),
          "[connectFailure, reset]",
          "What is tried again: `connectFailure`, `reset`, `timeout` (of an attempt), `5xx`, single"
              + " 5xx statuses; only idempotent methods, or when nothing was sent.");
  private static final Key<Duration> ATTEMPT_TIMEOUT =
      Key.optional(
          "attemptTimeout",
          duration("1ms", "1d"),
          "Bound of one attempt within the deadline; none without it.");
  private static final Key<Backoff> BACKOFF =
      Key.of(
          "backoff",
          BACKOFF_SHAPE,
          "25ms..250ms",
          "Waiting time: exponential between two bounds with full jitter, or a list of delays, the"
              + " last one repeated.");
  private static final Key<Double> BUDGET =
      Key.of(
          "budget",
          Values.SHARE_OF_ALL,
          "20%",
          "Share of retries among requests; three a second are always free.");

  static final Block<RetryPolicy> BLOCK =
      new Block<>(
          "retry",
          "How often and when a route tries again.",
          List.of(ATTEMPTS, ON, ATTEMPT_TIMEOUT, BACKOFF, BUDGET),
          RetryBlock::make);

  private RetryBlock() {}

  private static RetryPolicy make(Fields fields) {
    List<String> on = fields.value(ON);
    if (on.contains("timeout") && !fields.has(ATTEMPT_TIMEOUT)) {
      fields.problem(ON, "on: timeout needs attemptTimeout, the bound of one attempt");
    }
    TreeSet<Integer> statuses = new TreeSet<>();
    for (String each : on) {
      if (each.equals("5xx")) {
        statuses.addAll(IntStream.rangeClosed(500, 599).boxed().toList());
      } else if (!WORDS.contains(each)) {
        statuses.add(Integer.parseInt(each));
      }
    }
    return new RetryPolicy(
        fields.value(ATTEMPTS),
        on.contains("connectFailure"),
        on.contains("reset"),
        on.contains("timeout"),
        new ArrayList<>(statuses),
        fields.optional(ATTEMPT_TIMEOUT),
        fields.value(BACKOFF),
        fields.value(BUDGET));
  }

  private static String condition(String text, String shown) throws Unfit {
    if (WORDS.contains(text) || text.matches("5[0-9][0-9]")) {
      return text;
    }
    if (text.matches("[1-4]([0-9][0-9]|xx)")) {
      throw new Unfit(shown + " is never retried: only 5xx answers and transport failures are");
    }
    throw new Unfit(
        shown
            + " is no reason for a retry: "
            + String.join(", ", WORDS)
            + " or a status 500 to 599"
            + Nearest.suggestion(text, shown.equals("'" + text + "'") ? WORDS : List.of()));
  }

  private static Backoff exponential(
      Reading.Text text, org.snakeyaml.engine.v2.nodes.Node at, Reading reading) throws Unfit {
    String[] bounds = text.value().split("\\.\\.", -1);
    if (bounds.length != 2) {
      throw new Unfit(
          Reading.shown(text)
              + " is no backoff: write 25ms..250ms, or a list of delays such as [100ms, 1s]");
    }
    Duration[] parsed = new Duration[2];
    for (int i = 0; i < 2; i++) {
      String shown = text.substituted() ? text.shown() : bounds[i];
      parsed[i] =
          DELAY
              .parser()
              .parse(new Reading.Text(bounds[i], shown, true, text.substituted()), at, reading);
    }
    if (parsed[0].compareTo(parsed[1]) > 0) {
      throw new Unfit(Reading.shown(text) + " begins above its end");
    }
    return new Backoff.Exponential(parsed[0].toNanos(), parsed[1].toNanos());
  }
}
