package dev.sluice.gateway.config;

import static dev.sluice.gateway.config.Values.SHARE_OF_ALL;
import static dev.sluice.gateway.config.Values.count;
import static dev.sluice.gateway.config.Values.duration;

import dev.sluice.gateway.resilience.BreakerPolicy;
import java.time.Duration;
import java.util.List;

/** What watches over an upstream: probes, breaker, ejection. */
final class GuardBlocks {
  private static final int MANY = 1_000_000_000;

  private static final Key<String> PATH =
      Key.required("path", Http.PATH, "Asked with GET; a 2xx or 3xx answer is good.");
  private static final Key<Duration> INTERVAL =
      Key.of("interval", duration("100ms", "1h"), "5s", "Time between probes of an endpoint.");
  private static final Key<Duration> TIMEOUT =
      Key.of(
          "timeout", duration("10ms", "10m"), "2s", "A probe without answer for this long is bad.");
  private static final Key<Integer> HEALTHY =
      Key.of("healthy", count(1, MANY), "2", "Good probes in a row that bring an endpoint back.");
  private static final Key<Integer> UNHEALTHY =
      Key.of("unhealthy", count(1, MANY), "3", "Bad probes in a row that take an endpoint out.");
  private static final Key<Duration> SLOW_START =
      Key.of(
          "slowStart",
          duration("0s", "1h"),
          "10s",
          "Time in which an endpoint that came back grows to its full share; 0s for none.");
  static final Block<UpstreamConfig.Health> HEALTH =
      new Block<>(
          "health",
          "Active probes.",
          List.of(PATH, INTERVAL, TIMEOUT, HEALTHY, UNHEALTHY, SLOW_START),
          fields ->
              new UpstreamConfig.Health(
                  fields.value(PATH),
                  fields.value(INTERVAL),
                  fields.value(TIMEOUT),
                  fields.value(HEALTHY),
                  fields.value(UNHEALTHY),
                  fields.value(SLOW_START)));

  private static final Key<Duration> OVER =
      Key.required("over", duration("1ms", "1h"), "An exchange that lasts longer is slow.");
  private static final Key<Double> RATE =
      Key.of("rate", SHARE_OF_ALL, "50%", "Share of slow exchanges that opens.");
  private static final Block<BreakerPolicy.SlowCall> SLOW_CALL_BLOCK =
      new Block<>(
          "slowCall",
          "Slow exchanges open the breaker too.",
          List.of(OVER, RATE),
          fields -> new BreakerPolicy.SlowCall(fields.value(OVER), fields.value(RATE)));

  private static final Key<Double> FAILURE_RATE =
      Key.of(
          "failureRate",
          SHARE_OF_ALL,
          "50%",
          "Share of failed exchanges in the window that opens.");
  private static final Key<Integer> MINIMUM =
      Key.of(
          "minimum",
          count(1, MANY),
          "20",
          "Exchanges that the window must hold before a share counts.");
  private static final Key<Duration> WINDOW =
      Key.of("window", duration("1s", "1h"), "10s", "Length of the sliding window.");
  private static final Key<Integer> FAILURES =
      Key.optional(
          "failures", count(1, MANY), "Consecutive failures that open, in place of failureRate.");
  private static final Key<Duration> OPEN =
      Key.of(
          "open",
          duration("100ms", "1h"),
          "10s",
          "How long it stays open the first time; doubles with each failed try.");
  private static final Key<Duration> MAX_OPEN =
      Key.optional(
          "maxOpen",
          duration("100ms", "1d"),
          "Bound of the doubling; 60s, or open when that is longer.");
  private static final Key<Integer> PROBES =
      Key.of(
          "probes",
          count(1, MANY),
          "3",
          "Exchanges let through when half open; all must succeed to close it.");
  private static final Key<BreakerPolicy.SlowCall> SLOW_CALL =
      Key.optional("slowCall", SLOW_CALL_BLOCK, "Counts slow exchanges.");
  static final Block<BreakerPolicy> BREAKER =
      new Block<>(
          "breaker",
          "The circuit breaker of an upstream; an exchange counts once, by its last attempt.",
          List.of(FAILURE_RATE, MINIMUM, WINDOW, FAILURES, OPEN, MAX_OPEN, PROBES, SLOW_CALL),
          GuardBlocks::breaker);

  private static final Key<Integer> CONSECUTIVE =
      Key.of(
          "consecutive", count(1, MANY), "5", "Failures in a row (5xx or transport) that eject.");
  private static final Key<Duration> BASE =
      Key.of(
          "base",
          duration("100ms", "1d"),
          "30s",
          "Length of the first ejection; grows with each further one.");
  private static final Key<Duration> MAX =
      Key.of("max", duration("100ms", "7d"), "300s", "Longest ejection.");
  private static final Key<Double> AT_MOST =
      Key.of("atMost", SHARE_OF_ALL, "50%", "Share of the endpoints that may be ejected at once.");
  static final Block<UpstreamConfig.Ejection> EJECTION =
      new Block<>(
          "ejection",
          "Takes an endpoint out that fails again and again.",
          List.of(CONSECUTIVE, BASE, MAX, AT_MOST),
          fields -> {
            if (fields.value(BASE).compareTo(fields.value(MAX)) > 0) {
              fields.problem(fields.has(BASE) ? BASE : MAX, "base must not be longer than max");
            }
            return new UpstreamConfig.Ejection(
                fields.value(CONSECUTIVE),
                fields.value(BASE),
                fields.value(MAX),
                fields.value(AT_MOST));
          });

  private GuardBlocks() {}

  private static BreakerPolicy breaker(Fields fields) {
    if (fields.has(FAILURES) && fields.has(FAILURE_RATE)) {
      fields.problem(FAILURES, "a breaker has failures (consecutive) or failureRate, not both");
    }
    Duration open = fields.value(OPEN);
    Duration usual = Duration.ofSeconds(60);
    Duration maxOpen = fields.or(MAX_OPEN, open.compareTo(usual) > 0 ? open : usual);
    if (maxOpen.compareTo(open) < 0) {
      fields.problem(MAX_OPEN, "maxOpen must not be shorter than open");
    }
    return new BreakerPolicy(
        fields.value(FAILURE_RATE),
        fields.value(MINIMUM),
        fields.value(WINDOW),
        fields.or(FAILURES, 0),
        open,
        maxOpen,
        fields.value(PROBES),
        fields.optional(SLOW_CALL));
  }
}
