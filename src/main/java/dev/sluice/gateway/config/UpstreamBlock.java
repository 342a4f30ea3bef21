package dev.sluice.gateway.config;

import static dev.sluice.gateway.config.Values.BOOLEAN;
import static dev.sluice.gateway.config.Values.count;

import dev.sluice.gateway.resilience.BreakerPolicy;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The keys of an upstream. */
final class UpstreamBlock {
  private static final Key<Network.HostPort> ADDRESS =
      Key.required(
          "address", Network.ENDPOINT, "Where it is; a name is resolved again by its TTL.");
  private static final Key<Integer> WEIGHT =
      Key.of("weight", count(1, 1_000), "1", "Its share among the endpoints.");
  private static final Block<UpstreamConfig.Address> ADDRESS_BLOCK =
      new Block<>(
          "endpoint",
          "One endpoint with its weight.",
          List.of(ADDRESS, WEIGHT),
          fields -> address(fields.value(ADDRESS), fields.value(WEIGHT)));
  private static final Shape<UpstreamConfig.Address> ENDPOINT =
      Shapes.either(Shapes.as(Network.ENDPOINT, where -> address(where, 1)), ADDRESS_BLOCK);

  private static final Key<List<UpstreamConfig.Address>> ENDPOINTS =
      Key.optional("endpoints", Shapes.some(ENDPOINT), "The addresses of its endpoints.");
  private static final Key<Network.HostPort> DNS =
      Key.optional(
          "dns",
          Network.HOST_PORT,
          "A name; all its addresses are endpoints, resolved again by TTL.");
  private static final Key<String> EMBEDDED =
      Key.optional(
          "embedded",
          Values.choice(Values.words(Map.entry("httpbin", "httpbin"), Map.entry("echo", "echo"))),
          "A server in this process: httpbin, or echo (WebSocket echo at /ws/echo, server-sent"
              + " events at /sse).");
  private static final Key<UpstreamConfig.Source.Kubernetes> KUBERNETES =
      Key.optional("kubernetes", KubernetesBlock.BLOCK, "The pods behind a service.");

  private enum Spoken {
    HTTP1,
    H2C,
    H2
  }

  private static final Key<Spoken> PROTOCOL =
      Key.of(
          "protocol",
          Values.choice(
              Values.words(
                  Map.entry("http1", Spoken.HTTP1),
                  Map.entry("h2c", Spoken.H2C),
                  Map.entry("h2", Spoken.H2))),
          "http1",
          "What is spoken to the endpoints: http1, h2c (HTTP/2 without TLS), h2 (HTTP/2, needs"
              + " tls).");
  private static final Key<Path> CA =
      Key.optional(
          "ca", PemFiles.PATH, "Authorities to trust, a PEM file; without it the system's.");
  private static final Key<String> SERVER_NAME =
      Key.optional(
          "serverName",
          Network.HOST,
          "The name sent (SNI) and checked; without it the endpoint's host.");
  private static final Key<Boolean> VERIFY =
      Key.of("verify", BOOLEAN, "true", "Whether the endpoint's certificate is checked.");
  private static final Key<Path> CERT =
      Key.optional("cert", PemFiles.PATH, "The gateway's own certificate, with key.");
  private static final Key<Path> KEY = Key.optional("key", PemFiles.PATH, "The key of cert.");
  private static final Block<UpstreamConfig.UpstreamTls> TLS =
      new Block<>(
          "upstream tls",
          "TLS towards the endpoints; `tls: {}` is enough.",
          List.of(CA, SERVER_NAME, VERIFY, CERT, KEY),
          UpstreamBlock::tls);
  private static final Key<UpstreamConfig.UpstreamTls> TLS_KEY =
      Key.optional("tls", TLS, "Switches TLS on.");

  private static final Scalar<UpstreamConfig.HostHeader> HOST_SHAPE =
      Network.HOST
          .<UpstreamConfig.HostHeader>then((text, at, reading) ->
              switch (text.value()) {
                case "preserve" -> new UpstreamConfig.HostHeader.Preserve();
                case "endpoint" -> new UpstreamConfig.HostHeader.Endpoint();
                default ->
                    new UpstreamConfig.HostHeader.Fixed(
                        Network.authority(text.value(), Reading.shown(text)));
              })
          .named("`preserve`, `endpoint` or a host name");
  private static final Key<UpstreamConfig.HostHeader> HOST =
      Key.of(
          "host",
          HOST_SHAPE,
          "preserve",
          "The Host that endpoints see: the client's, the endpoint's own, or a fixed one.");

  private static final Key<UpstreamConfig.Balance> BALANCE =
      Key.of("balance", BalanceShapes.BALANCE, "p2c", "How an endpoint is picked.");

  private static final Key<UpstreamConfig.Sticky> STICKY =
      Key.optional("sticky", PoolBlocks.STICKY, "Sticky sessions.");

  private static final Key<UpstreamConfig.Pool> POOL =
      Key.of("pool", PoolBlocks.POOL, "{}", "Bounds of the connections.");

  private static final Key<UpstreamConfig.Health> HEALTH =
      Key.optional("health", GuardBlocks.HEALTH, "Active probes; none without it.");
  private static final Key<Optional<BreakerPolicy>> BREAKER =
      Key.of(
          "breaker",
          Shapes.offOr(GuardBlocks.BREAKER),
          "{}",
          "The circuit breaker; `off` for none.");
  private static final Key<Optional<UpstreamConfig.Ejection>> EJECTION =
      Key.of(
          "ejection",
          Shapes.offOr(GuardBlocks.EJECTION),
          "{}",
          "Passive ejection of bad endpoints; `off` for none.");

  static final Block<Function<String, UpstreamConfig>> BLOCK =
      new Block<>(
          "upstream",
          "A named group of endpoints. Exactly one of endpoints, dns, embedded and kubernetes says"
              + " where they are.",
          List.of(
              ENDPOINTS,
              DNS,
              EMBEDDED,
              KUBERNETES,
              PROTOCOL,
              TLS_KEY,
              HOST,
              BALANCE,
              STICKY,
              POOL,
              HEALTH,
              BREAKER,
              EJECTION),
          UpstreamBlock::make);

  private UpstreamBlock() {}

  private static UpstreamConfig.Address address(Network.HostPort where, int weight) {
    return new UpstreamConfig.Address(where.host(), where.port(), weight);
  }

  private static UpstreamConfig.UpstreamTls tls(Fields fields) {
    Path ca = fields.optional(CA);
    Path cert = fields.optional(CERT);
    Path key = fields.optional(KEY);
    boolean verify = fields.value(VERIFY);
    if (fields.has(CERT) != fields.has(KEY)) {
      Key<Path> there = fields.has(CERT) ? CERT : KEY;
      fields.problem(
          there,
          "cert and key belong together: " + (there == CERT ? "key" : "cert") + " is missing");
    }
    if (cert != null && key != null) {
      PemFiles.pair(cert, fields.at(CERT), key, fields.at(KEY), fields.reading());
    }
    if (ca != null) {
      PemFiles.certificates(ca, fields.at(CA), fields.reading());
      if (!verify) {
        fields.problem(VERIFY, "verify: false makes ca useless; leave one of them out");
      }
    } else if (!verify) {
      fields.reading().warn(fields.at(VERIFY), "verify: false lets anybody pose as this upstream");
    }
    return new UpstreamConfig.UpstreamTls(ca, fields.optional(SERVER_NAME), verify, cert, key);
  }

  private static @Nullable Function<String, UpstreamConfig> make(Fields fields) {
    UpstreamConfig.Source source = source(fields);
    Spoken spoken = fields.value(PROTOCOL);
    boolean tls = fields.has(TLS_KEY);
    if (spoken == Spoken.H2 && !tls) {
      fields.problem(PROTOCOL, "protocol: h2 needs tls; HTTP/2 without TLS is h2c");
    }
    if (spoken == Spoken.H2C && tls) {
      fields.problem(PROTOCOL, "protocol: h2c is without TLS; with tls say h2");
    }
    if (fields.has(EMBEDDED) && (tls || spoken != Spoken.HTTP1)) {
      fields.problem(EMBEDDED, "embedded: speaks http1 without tls only");
    }
    if (source == null) {
      return null;
    }
    return name ->
        new UpstreamConfig(
            name,
            source,
            spoken == Spoken.HTTP1 ? UpstreamConfig.Protocol.HTTP1 : UpstreamConfig.Protocol.HTTP2,
            fields.optional(TLS_KEY),
            fields.value(HOST),
            fields.value(BALANCE),
            fields.optional(STICKY),
            fields.value(POOL),
            fields.optional(HEALTH),
            fields.value(BREAKER).orElse(null),
            fields.value(EJECTION).orElse(null));
  }

  private static UpstreamConfig.@Nullable Source source(Fields fields) {
    List<Key<?>> there =
        List.<Key<?>>of(ENDPOINTS, DNS, EMBEDDED, KUBERNETES).stream().filter(fields::has).toList();
    if (there.isEmpty()) {
      fields
          .reading()
          .problem(fields.at(), "upstream needs one of endpoints, dns, embedded and kubernetes");
      return null;
    }
    if (there.size() > 1) {
      fields.problem(
          there.get(1),
          "an upstream has one of endpoints, dns, embedded and kubernetes; this one has "
              + there.get(0).name()
              + " already");
    }
    List<UpstreamConfig.Address> endpoints = fields.optional(ENDPOINTS);
    Network.HostPort dns = fields.optional(DNS);
    String embedded = fields.optional(EMBEDDED);
    if (endpoints != null) {
      Set<String> seen = new HashSet<>();
      for (UpstreamConfig.Address each : endpoints) {
        if (!seen.add(each.host() + ":" + each.port())) {
          fields.problem(
              ENDPOINTS,
              "endpoints: names one address twice; use weight to give it a larger share");
        }
      }
      return new UpstreamConfig.Source.Endpoints(absolute(endpoints, fields));
    }
    if (dns != null) {
      return new UpstreamConfig.Source.Dns(dns.host(), dns.port());
    }
    return embedded == null
        ? fields.optional(KUBERNETES)
        : new UpstreamConfig.Source.Embedded(embedded);
  }

  private static List<UpstreamConfig.Address> absolute(
      List<UpstreamConfig.Address> endpoints, Fields fields) {
    Path base =
        fields
            .reading()
            .sources()
            .path(fields.at(ENDPOINTS).getStartMark().orElseThrow().getName());
    return endpoints.stream()
        .map(each ->
            each.host().startsWith("unix:")
                ? new UpstreamConfig.Address(
                    Network.absoluteUnix(each.host(), base), 0, each.weight())
                : each)
        .toList();
  }
}
