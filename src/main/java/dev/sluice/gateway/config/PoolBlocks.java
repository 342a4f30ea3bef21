package dev.sluice.gateway.config;

import static dev.sluice.gateway.config.Values.count;
import static dev.sluice.gateway.config.Values.duration;

import java.time.Duration;
import java.util.List;

/** The keys of an upstream's connections and of what binds a client to one. */
final class PoolBlocks {
  private static final Key<String> STICKY_COOKIE =
      Key.required("cookie", Http.COOKIE_NAME, "The cookie's name.");
  private static final Key<Duration> STICKY_TTL =
      Key.of("ttl", duration("1s", "365d"), "1h", "How long a client stays with its endpoint.");
  static final Block<UpstreamConfig.Sticky> STICKY =
      new Block<>(
          "sticky",
          "A cookie that binds a client to its endpoint.",
          List.of(STICKY_COOKIE, STICKY_TTL),
          fields ->
              new UpstreamConfig.Sticky(fields.value(STICKY_COOKIE), fields.value(STICKY_TTL)));
  private static final Key<Integer> CONNECTIONS =
      Key.of(
          "connections",
          count(1, 1_000_000_000),
          "256",
          "Connections per endpoint and node, exact over all loops.");
  private static final Key<Integer> TOTAL =
      Key.optional(
          "total",
          count(1, 1_000_000_000),
          "Connections of all endpoints together; no bound without it.");
  private static final Key<Integer> PENDING =
      Key.of(
          "pending",
          count(1, 1_000_000_000),
          "256",
          "Requests that may wait for a connection, per endpoint.");
  private static final Key<Duration> WAIT =
      Key.of(
          "wait",
          duration("1ms", "10m"),
          "1s",
          "Longest wait for a connection, never beyond the deadline.");
  private static final Key<Duration> IDLE =
      Key.of("idle", duration("100ms", "1d"), "30s", "An unused connection is closed after this.");
  private static final Key<Duration> CONNECT =
      Key.of("connect", duration("1ms", "10m"), "2s", "Longest time to connect.");
  private static final Key<Duration> MAX_AGE =
      Key.optional(
          "maxAge",
          duration("1s", "30d"),
          "Age after which a connection is not used again; no bound without it.");
  private static final Key<Integer> MAX_REQUESTS =
      Key.optional(
          "maxRequests",
          count(1, 1_000_000_000),
          "Requests after which a connection is not used again; no bound without it.");
  static final Block<UpstreamConfig.Pool> POOL =
      new Block<>(
          "pool",
          "Bounds of the connections to the endpoints.",
          List.of(CONNECTIONS, TOTAL, PENDING, WAIT, IDLE, CONNECT, MAX_AGE, MAX_REQUESTS),
          fields ->
              new UpstreamConfig.Pool(
                  fields.value(CONNECTIONS),
                  fields.or(TOTAL, 0),
                  fields.value(PENDING),
                  fields.value(WAIT),
                  fields.value(IDLE),
                  fields.value(CONNECT),
                  fields.optional(MAX_AGE),
                  fields.or(MAX_REQUESTS, 0)));

  private PoolBlocks() {}
}
