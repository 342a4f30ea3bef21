package dev.sluice.gateway.config;

import java.util.List;
import java.util.Map;

/** How an upstream's {@code balance} is written. */
final class BalanceShapes {
  private static final Shape<UpstreamConfig.HashKey> HASH_KEY =
      Shapes.either(
          Values.choice(
              Values.words(
                  Map.entry(
                      "clientIp",
                      new UpstreamConfig.HashKey(UpstreamConfig.HashKey.Kind.CLIENT_IP, null)),
                  Map.entry(
                      "path", new UpstreamConfig.HashKey(UpstreamConfig.HashKey.Kind.PATH, null)))),
          new OneOf<>(
              "hash key",
              "What of the request is hashed.",
              List.of(
                  new Key<>(
                      "header",
                      Shapes.as(
                          Http.HEADER_NAME,
                          name ->
                              new UpstreamConfig.HashKey(UpstreamConfig.HashKey.Kind.HEADER, name)),
                      null,
                      false,
                      "Hash this header."),
                  new Key<>(
                      "cookie",
                      Shapes.as(
                          Http.COOKIE_NAME,
                          name ->
                              new UpstreamConfig.HashKey(UpstreamConfig.HashKey.Kind.COOKIE, name)),
                      null,
                      false,
                      "Hash this cookie."))));

  /** A word, or a map with one key. */
  static final Shape<UpstreamConfig.Balance> BALANCE =
      Shapes.either(
          Values.<UpstreamConfig.Balance>choice(
              Values.words(
                  Map.entry("p2c", new UpstreamConfig.Balance.PowerOfTwo()),
                  Map.entry("roundRobin", new UpstreamConfig.Balance.RoundRobin()),
                  Map.entry("leastRequests", new UpstreamConfig.Balance.LeastRequests()),
                  Map.entry("random", new UpstreamConfig.Balance.Random()))),
          new OneOf<UpstreamConfig.Balance>(
              "balance",
              "A balancer with settings.",
              List.of(
                  new Key<>(
                      "ringHash",
                      Shapes.as(HASH_KEY, key -> new UpstreamConfig.Balance.RingHash(key)),
                      null,
                      false,
                      "The same key goes to the same endpoint while the endpoints stay."))));

  private BalanceShapes() {}
}
