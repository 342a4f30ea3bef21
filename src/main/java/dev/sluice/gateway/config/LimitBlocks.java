package dev.sluice.gateway.config;

import static dev.sluice.gateway.config.Values.BOOLEAN;
import static dev.sluice.gateway.config.Values.RATE;
import static dev.sluice.gateway.config.Values.count;
import static dev.sluice.gateway.config.Values.duration;

import dev.sluice.gateway.config.LimitConfig.KeyKind;
import dev.sluice.gateway.config.LimitConfig.OnLimit;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** How limits of clients are written. */
final class LimitBlocks {
  private static final Shape<LimitConfig.Key> KEY_SHAPE =
      Shapes.either(
          Values.choice(
              Values.words(
                  Map.entry("clientIp", new LimitConfig.Key(KeyKind.CLIENT_IP, null)),
                  Map.entry("route", new LimitConfig.Key(KeyKind.ROUTE, null)))),
          new OneOf<>(
              "limit key",
              "What of a request tells whose it is.",
              List.of(
                  Key.optional(
                      "header",
                      Shapes.as(
                          Http.HEADER_NAME, name -> new LimitConfig.Key(KeyKind.HEADER, name)),
                      "This header's value; a request without it counts for its client's address."),
                  Key.optional(
                      "cookie",
                      Shapes.as(
                          Http.COOKIE_NAME, name -> new LimitConfig.Key(KeyKind.COOKIE, name)),
                      "This cookie's value; a request without it counts for its client's"
                          + " address."))));
  private static final Shape<OnLimit> ON_LIMIT_SHAPE =
      Shapes.either(
          Values.choice(Values.words(Map.entry("reject", OnLimit.REJECT))),
          new OneOf<>(
              "onLimit",
              "What becomes of requests beyond the limit.",
              List.of(
                  Key.optional(
                      "wait",
                      Shapes.as(duration("1ms", "1m"), OnLimit::new),
                      "They wait for their turn, so long at most."))));

  private static final Key<Rate> RATE_KEY =
      Key.required("rate", RATE, "How many, in the long run.");
  private static final Key<Integer> BURST =
      Key.optional(
          "burst",
          count(1, 1_000_000_000),
          "How many may come at once after a pause; without it the rate's number.");
  private static final Key<LimitConfig.Key> KEY =
      Key.of(
          "key",
          KEY_SHAPE,
          "clientIp",
          "Who is counted: `clientIp` (of IPv6 the /64), `route` (all together), or a header's or"
              + " cookie's value.");
  private static final Key<LimitConfig.Scope> SCOPE =
      Key.of(
          "scope",
          Values.choice(
              Values.words(
                  Map.entry("node", LimitConfig.Scope.NODE),
                  Map.entry("cluster", LimitConfig.Scope.CLUSTER))),
          "node",
          "Whether each node counts for itself, or all nodes of the cluster together.");
  private static final Scalar<LimitConfig.OnPartition> ON_PARTITION_SHAPE =
      Values.choice(
          Values.words(
              Map.entry("local", LimitConfig.OnPartition.LOCAL),
              Map.entry("refuse", LimitConfig.OnPartition.REFUSE)));
  private static final Key<LimitConfig.OnPartition> ON_PARTITION =
      Key.of(
          "onPartition",
          ON_PARTITION_SHAPE,
          "local",
          "While a node of the cluster is silent each lets its share pass (`local`), or nothing"
              + " passes (`refuse`).");
  private static final Key<Integer> COST =
      Key.of("cost", count(1, 1_000_000), "1", "What one request takes of it.");
  private static final Key<OnLimit> ON_LIMIT =
      Key.of(
          "onLimit", ON_LIMIT_SHAPE, "reject", "Requests beyond it are refused with 429, or wait.");
  private static final Key<Boolean> DRY_RUN =
      Key.of("dryRun", BOOLEAN, "false", "Counts what it would refuse and refuses nothing.");
  private static final Key<Integer> KEYS =
      Key.of(
          "keys",
          count(1, 10_000_000),
          "100000",
          "How many keys are remembered at once; the rarest are forgotten.");

  /** {@code rateLimit}. */
  static final Block<FilterConfig> RATE_LIMIT =
      new Block<>(
          "rateLimit filter",
          "Bounds how often: a token bucket for each key.",
          List.of(RATE_KEY, BURST, KEY, SCOPE, ON_PARTITION, COST, ON_LIMIT, DRY_RUN, KEYS),
          LimitBlocks::rateLimit);

  private static final Key<Integer> LIMIT =
      Key.required("limit", count(1, 1_000_000_000), "How many pass in one period.");
  private static final Key<LimitConfig.Period> PER =
      Key.required(
          "per",
          Values.choice(
              Values.words(
                  Arrays.stream(LimitConfig.Period.values())
                      .map(period -> Map.entry(period.text(), period))
                      .<Map.Entry<String, LimitConfig.Period>>toArray(Map.Entry[]::new))),
          "The period: an hour, a day, a week from Monday on, or a month of the calendar, in UTC.");
  private static final Key<LimitConfig.OnPartition> ON_UNKNOWN =
      Key.of(
          "onPartition",
          ON_PARTITION_SHAPE,
          "local",
          "While what other nodes count is not known the node goes on with what it knows"
              + " (`local`), or nothing passes (`refuse`).");
  private static final Key<String> DATABASE =
      Key.optional(
          "database",
          ListenerBlock.reference(Names.Kind.DATABASE),
          "Where the counts are kept, so that they outlive all nodes; PostgreSQL. Without it the"
              + " nodes of the cluster keep them, or the node alone.");

  /** {@code quota}. */
  static final Block<FilterConfig> QUOTA =
      new Block<>(
          "quota filter",
          "Bounds how many pass in a period of the calendar: a count for each key.",
          List.of(LIMIT, PER, KEY, COST, ON_UNKNOWN, DRY_RUN, KEYS, DATABASE),
          LimitBlocks::quota);

  private LimitBlocks() {}

  private static FilterConfig quota(Fields fields) {
    int limit = fields.value(LIMIT);
    int cost = fields.value(COST);
    if (cost > limit) {
      fields.problem(
          COST,
          "cost: " + cost + " is more than the limit of " + limit + ": no request would ever pass");
    }
    return new FilterConfig.Quota(
        limit,
        fields.value(PER),
        fields.value(KEY),
        cost,
        fields.value(ON_UNKNOWN),
        fields.value(DRY_RUN),
        fields.value(KEYS),
        fields.optional(DATABASE));
  }

  private static FilterConfig rateLimit(Fields fields) {
    Rate rate = fields.value(RATE_KEY);
    @Nullable Integer given = fields.optional(BURST);
    long burst = given == null ? rate.count() : given;
    int cost = fields.value(COST);
    if (cost > burst) {
      fields.problem(
          COST,
          "cost: " + cost + " is more than the burst of " + burst + ": no request would ever pass");
    }
    return new FilterConfig.RateLimit(
        rate,
        burst,
        fields.value(KEY),
        fields.value(SCOPE),
        fields.value(ON_PARTITION),
        cost,
        fields.value(ON_LIMIT),
        fields.value(DRY_RUN),
        fields.value(KEYS));
  }
}
