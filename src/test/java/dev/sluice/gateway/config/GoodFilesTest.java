package dev.sluice.gateway.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.resilience.Backoff;
import dev.sluice.gateway.resilience.BreakerPolicy;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GoodFilesTest {
  private static final String HEAD = "version: 1\nlisteners: {web: {port: 8080}}\n";

  @TempDir private Path directory;

  private UpstreamConfig upstream(String keys) {
    String separator = keys.isEmpty() ? "" : ", ";
    return Objects.requireNonNull(
        new Config(directory)
            .good(HEAD + "upstreams: {u: {endpoints: [\"a:1\"]" + separator + keys + "}}\n")
            .routing()
            .upstreams()
            .get("u"));
  }

  private RouteConfig route(String keys) {
    return new Config(directory)
        .good(HEAD + "upstreams: {u: {embedded: echo}}\nroutes: [{name: a, " + keys + "}]\n")
        .routing()
        .routes()
        .get(0);
  }

  @Test
  void aListenerHasItsDefaults() {
    assertThat(new Config(directory).good(HEAD).listeners())
        .containsExactly(
            new ListenerConfig(
                "web",
                "0.0.0.0",
                8080,
                false,
                null,
                List.of(),
                false,
                List.of(),
                0,
                null,
                new ListenerConfig.Limits(
                    Duration.ofSeconds(10),
                    Duration.ofSeconds(30),
                    Duration.ofSeconds(75),
                    32 << 10,
                    100,
                    8 << 10,
                    100,
                    200,
                    Duration.ofSeconds(30))));
  }

  @Test
  void everyKeyOfAListenerIsRead() {
    ListenerConfig web =
        new Config(directory)
            .good(
                """
                version: 1
                policies: {p: []}
                listeners:
                  web: {address: "::1", port: 0, h2c: true, trustedProxies: [10.0.0.0/8, "fd00::/8", 127.0.0.1],
                    proxyProtocol: true, use: [p], maxRequests: 5, maxAge: 1h, headerTimeout: 1s, bodyIdle: 2s,
                    keepAlive: 3s, maxHeaderSize: 4KiB, maxHeaders: 5, maxRequestLine: 6KiB,
                    http2: {streams: 7, resets: 8, resetWindow: 9s}}
                """)
            .listeners()
            .get(0);
    assertThat(web.address()).isEqualTo("::1");
    assertThat(web.h2c()).isTrue();
    assertThat(web.trustedProxies()).extracting(Cidr::prefix).containsExactly(8, 8, 32);
    assertThat(web.proxyProtocol()).isTrue();
    assertThat(web.use()).containsExactly("p");
    assertThat(web.maxRequests()).isEqualTo(5);
    assertThat(web.maxAge()).isEqualTo(Duration.ofHours(1));
    assertThat(web.limits())
        .isEqualTo(
            new ListenerConfig.Limits(
                Duration.ofSeconds(1),
                Duration.ofSeconds(2),
                Duration.ofSeconds(3),
                4096,
                5,
                6144,
                7,
                8,
                Duration.ofSeconds(9)));
  }

  @Test
  void theRestOfTheTopHasItsDefaults() {
    GatewayConfig config = new Config(directory).good(HEAD);
    JobsConfig jobs =
        new JobsConfig(
            "sluice.yaml:1:1",
            "/jobs",
            null,
            List.of(),
            Duration.ofHours(1),
            10_000,
            10 << 20,
            16 << 20,
            null,
            new JobsConfig.Cpu(0, 100, true),
            new JobsConfig.Blocking(true, 256, 1000),
            new JobsConfig.Loop(256, 1000));
    assertThat(config.jobs().fixed()).isEqualTo(jobs.fixed());
    assertThat(config.jobs().path()).isEqualTo("/jobs");
    assertThat(config.node())
        .isEqualTo(
            new NodeConfig(
                new AdminConfig("127.0.0.1", 9901, null),
                0,
                jobs.fixed(),
                null,
                new SourceConfig.Files()));
    assertThat(config.accessLog())
        .isEqualTo(new AccessLogConfig(true, "stdout", AccessLogConfig.Format.JSON));
    assertThat(config.drain())
        .isEqualTo(new DrainConfig(Duration.ofSeconds(5), Duration.ofSeconds(30)));
    assertThat(config.routing())
        .isEqualTo(new RoutingConfig(List.of(), Map.of(), Map.of(), List.of()));
    assertThat(config.warnings()).isEmpty();
  }

  @Test
  void anUpstreamHasItsDefaults() {
    assertThat(upstream(""))
        .isEqualTo(
            new UpstreamConfig(
                "u",
                new UpstreamConfig.Source.Endpoints(List.of(new UpstreamConfig.Address("a", 1, 1))),
                UpstreamConfig.Protocol.HTTP1,
                null,
                new UpstreamConfig.HostHeader.Preserve(),
                new UpstreamConfig.Balance.PowerOfTwo(),
                null,
                new UpstreamConfig.Pool(
                    256,
                    0,
                    256,
                    Duration.ofSeconds(1),
                    Duration.ofSeconds(30),
                    Duration.ofSeconds(2),
                    null,
                    0),
                null,
                new BreakerPolicy(
                    0.5,
                    20,
                    Duration.ofSeconds(10),
                    0,
                    Duration.ofSeconds(10),
                    Duration.ofSeconds(60),
                    3,
                    null),
                new UpstreamConfig.Ejection(
                    5, Duration.ofSeconds(30), Duration.ofSeconds(300), 0.5)));
  }

  @Test
  void breakerAndEjectionCanBeSwitchedOff() {
    UpstreamConfig config = upstream("breaker: off, ejection: off");
    assertThat(config.breaker()).isNull();
    assertThat(config.ejection()).isNull();
  }

  @Test
  void aBreakerMayCountConsecutiveFailures() {
    BreakerPolicy policy =
        Objects.requireNonNull(
            upstream("breaker: {failures: 5, open: 2m, slowCall: {over: 2s}}").breaker());
    assertThat(policy.failures()).isEqualTo(5);
    assertThat(policy.maxOpen()).isEqualTo(Duration.ofMinutes(2));
    assertThat(policy.slowCall()).isEqualTo(new BreakerPolicy.SlowCall(Duration.ofSeconds(2), 0.5));
  }

  @Test
  void balancersAreWordsOrRingHashes() {
    assertThat(upstream("balance: roundRobin").balance())
        .isEqualTo(new UpstreamConfig.Balance.RoundRobin());
    assertThat(upstream("balance: {ringHash: clientIp}").balance())
        .isEqualTo(
            new UpstreamConfig.Balance.RingHash(
                new UpstreamConfig.HashKey(UpstreamConfig.HashKey.Kind.CLIENT_IP, null)));
    assertThat(upstream("balance: {ringHash: {header: x-user}}").balance())
        .isEqualTo(
            new UpstreamConfig.Balance.RingHash(
                new UpstreamConfig.HashKey(UpstreamConfig.HashKey.Kind.HEADER, "x-user")));
  }

  @Test
  void theOtherKeysOfAnUpstreamAreRead() {
    UpstreamConfig config =
        upstream(
            "protocol: h2, tls: {serverName: x.test}, host: endpoint, sticky: {cookie: s}, pool:"
                + " {total: 9, wait: 2s, maxAge: 10m, maxRequests: 3}, health: {path: /healthz,"
                + " slowStart: 0s}");
    assertThat(config.protocol()).isEqualTo(UpstreamConfig.Protocol.HTTP2);
    assertThat(config.tls())
        .isEqualTo(new UpstreamConfig.UpstreamTls(null, "x.test", true, null, null));
    assertThat(config.host()).isEqualTo(new UpstreamConfig.HostHeader.Endpoint());
    assertThat(config.sticky()).isEqualTo(new UpstreamConfig.Sticky("s", Duration.ofHours(1)));
    assertThat(config.pool().total()).isEqualTo(9);
    assertThat(config.pool().maxWait()).isEqualTo(Duration.ofSeconds(2));
    assertThat(config.pool().maxAge()).isEqualTo(Duration.ofMinutes(10));
    assertThat(config.pool().maxRequests()).isEqualTo(3);
    assertThat(config.health())
        .isEqualTo(
            new UpstreamConfig.Health(
                "/healthz", Duration.ofSeconds(5), Duration.ofSeconds(2), 2, 3, Duration.ZERO));
  }

  @Test
  void aRouteHasItsDefaultsAndItsPosition() {
    RouteConfig route = route("match: {}, upstream: u");
    assertThat(route.position()).isEqualTo(directory.resolve("sluice.yaml") + ":4:10");
    assertThat(route.match().path()).isEqualTo(new RouteConfig.PathPattern.Template("/*"));
    assertThat(route.timeout()).isEqualTo(Duration.ofSeconds(15));
    assertThat(route.totalTimeout()).isNull();
    assertThat(route.idle()).isNull();
    assertThat(route.retry().attempts()).isEqualTo(2);
    assertThat(route.retry().connectFailure()).isTrue();
    assertThat(route.retry().reset()).isTrue();
    assertThat(route.retry().timeout()).isFalse();
    assertThat(route.retry().statuses()).isEmpty();
    assertThat(route.retry().budget()).isEqualTo(0.2);
    assertThat(route.retry().backoff()).isEqualTo(new Backoff.Exponential(25_000_000, 250_000_000));
    assertThat(route.onClientAbort()).isEqualTo(new RouteConfig.OnClientAbort.Cancel());
    assertThat(route.webSocket())
        .isEqualTo(new RouteConfig.WebSocketLimits(Duration.ofSeconds(30), 2, 4 << 20));
    assertThat(route.slow()).isNull();
    assertThat(route.forwarded()).isFalse();
    assertThat(route.encodedSlash()).isFalse();
  }

  @Test
  void theClassOf5xxIsRetriedAsAWholeAndBackoffMayBeAList() {
    RouteConfig route = route("match: {}, upstream: u, retry: {on: [5xx], backoff: [100ms, 1s]}");
    assertThat(route.retry().statuses()).hasSize(100).startsWith(500).endsWith(599);
    assertThat(route.retry().connectFailure()).isFalse();
    assertThat(route.retry().backoff())
        .isEqualTo(new Backoff.Listed(List.of(100_000_000L, 1_000_000_000L)));
  }

  @Test
  void jsonAnswersKeepTypesAndOrder() {
    RouteConfig route =
        route(
            "match: {}, respond: {json: {b: 1, a: [true, null, 1.5, \"{now}\", \"7\"]}, delay:"
                + " 100ms}");
    assertThat(route.action())
        .isInstanceOfSatisfying(
            ActionConfig.Respond.class,
            respond -> {
              assertThat(respond.delay()).isEqualTo(Duration.ofMillis(100));
              assertThat(((ActionConfig.Respond.Body.Json) respond.body()).value())
                  .hasToString("{b=1, a=[true, null, 1.5, {now}, 7]}");
            });
  }

  @Test
  void filtersKeepTheirOrder() {
    RouteConfig route =
        route(
            "match: {}, upstream: u, filters: [{requestSize: {max: 1MiB}}, {cors: {origins:"
                + " [\"*\"]}}, {headers: {request: {set: {a: b}}}}]");
    assertThat(route.filters())
        .hasExactlyElementsOfTypes(
            FilterConfig.RequestSize.class, FilterConfig.Cors.class, FilterConfig.Headers.class);
  }

  @Test
  void includesAppendRoutesMergeMapsAndKeepPositions() {
    Config config =
        new Config(directory)
            .file("routes/b.yaml", "routes: [{name: b, match: {path: /b}, upstream: two}]\n")
            .file(
                "routes/a.yaml",
                "version: 1\n"
                    + "routes: [{name: a, match: {path: /a}, upstream: one}]\n"
                    + "upstreams: {two: {embedded: echo}}\n");
    GatewayConfig good =
        config.good(HEAD + "include: [routes/*.yaml]\nupstreams: {one: {embedded: echo}}\n");
    assertThat(good.routing().routes()).extracting(RouteConfig::name).containsExactly("a", "b");
    assertThat(good.routing().routes().get(0).position())
        .isEqualTo(directory + "/routes/a.yaml:2:10");
    assertThat(good.routing().upstreams()).containsOnlyKeys("one", "two");
  }

  @Test
  void substitutionReachesEveryScalar() {
    Config config =
        new Config(directory).variable("PORT", "8181").file("token", "averylongsecret\n");
    GatewayConfig good =
        config.good(
            "version: 1\n"
                + "listeners: {web: {port: \"${env:PORT}\", maxHeaders: \"${env:NONE:7}\"}}\n"
                + "admin: {token: \"${file:token}\"}\n");
    assertThat(good.listeners().get(0).port()).isEqualTo(8181);
    assertThat(good.listeners().get(0).limits().maxHeaders()).isEqualTo(7);
    assertThat(good.node().admin().token()).isEqualTo(new Secret("averylongsecret"));
    assertThat(good.toString()).doesNotContain("averylongsecret");
  }

  @Test
  void secretsAreMaskedInTheShownLine() {
    ConfigLoader.Result result =
        new Config(directory).load(HEAD + "admin: {token: verysecretvalue, prot: 1}\n");
    assertThat(((ConfigLoader.Result.Invalid) result).problems())
        .extracting(Problem::render)
        .allSatisfy(
            text -> assertThat(text).contains("token: *************").doesNotContain("verysecret"));
  }

  @Test
  void theCaretStandsBelowTheColumn() {
    ConfigLoader.Result result = new Config(directory).load(HEAD + "loops: many\n");
    assertThat(((ConfigLoader.Result.Invalid) result).problems().get(0).render())
        .endsWith("'many'\n  loops: many\n         ^");
  }

  @Test
  void unusedUpstreamsAndPoliciesAreWarnings() {
    GatewayConfig good =
        new Config(directory).good(HEAD + "upstreams: {u: {embedded: echo}}\npolicies: {p: []}\n");
    assertThat(good.warnings())
        .containsExactly(
            directory + "/sluice.yaml:3:13: upstream 'u' is not used",
            directory + "/sluice.yaml:4:12: policy 'p' is not used");
  }

  @Test
  void certificatesMatchTheirKeysInEveryPemForm() throws IOException {
    Config config = new Config(directory);
    for (String name : List.of("good.crt", "good.key", "rsa.crt", "rsa.key", "ec.crt", "ec.key")) {
      config.file("tls/" + name, Files.readAllBytes(Path.of("src/test/resources/config", name)));
    }
    GatewayConfig good =
        config.good(
            "version: 1\n"
                + "listeners: {web: {port: 1, tls: {min: \"1.3\", certificates: [{cert:"
                + " tls/good.crt, key: tls/good.key}, {cert: tls/rsa.crt, key: tls/rsa.key}, {cert:"
                + " tls/ec.crt, key: tls/ec.key}]}}}\n");
    TlsConfig tls = Objects.requireNonNull(good.listeners().get(0).tls());
    assertThat(tls.certificates().get(0).cert())
        .isEqualTo(directory.resolve("tls/good.crt").toAbsolutePath());
    ConfigLoader.Result.Loaded loaded = (ConfigLoader.Result.Loaded) config.load();
    assertThat(loaded.files()).hasSize(7);
  }

  @Test
  void theHashFollowsContentFilesAndVariables() {
    Config config = new Config(directory).variable("P", "1").file("page.html", "one");
    String main =
        HEAD
            + "loops: \"${env:P}\"\n"
            + "routes: [{name: a, match: {}, respond: {}, errors: {5xx: page.html}}]\n";
    String first = ((ConfigLoader.Result.Loaded) config.load(main)).hash();
    assertThat(((ConfigLoader.Result.Loaded) config.load(main)).hash()).isEqualTo(first);
    assertThat(((ConfigLoader.Result.Loaded) config.file("page.html", "two").load()).hash())
        .isNotEqualTo(first);
    config.file("page.html", "one");
    assertThat(((ConfigLoader.Result.Loaded) config.variable("P", "2").load()).hash())
        .isNotEqualTo(first);
  }

  @Test
  void laterProblemsFindTheirLine() {
    ConfigLoader.Result.Loaded loaded =
        (ConfigLoader.Result.Loaded)
            new Config(directory).load(HEAD + "routes: [{name: a, match: {}, respond: {}}]\n");
    Problem problem =
        loaded
            .sources()
            .problem(loaded.config().routing().routes().get(0).position(), "is never reached");
    assertThat(problem.render())
        .contains(":3:10: is never reached\n  routes: [{name: a")
        .endsWith("\n           ^");
  }

  @Test
  void aliasesAreAllowed() {
    GatewayConfig good =
        new Config(directory).good("version: 1\nlisteners:\n  a: &a {port: 0}\n  b: *a\n");
    assertThat(good.listeners()).extracting(ListenerConfig::name).containsExactly("a", "b");
  }

  @Test
  void aBillionLaughsAreRefused() {
    StringBuilder text = new StringBuilder("version: 1\na0: &a0 [x, x]\n");
    for (int i = 1; i < 40; i++) {
      text.append("a" + i + ": &a" + i + " [*a" + (i - 1) + ", *a" + (i - 1) + "]\n");
    }
    assertThat(new Config(directory).problems(text.toString()))
        .singleElement()
        .asString()
        .contains("aliases expand this beyond 5000000 values");
  }

  @Test
  void deepNestingIsRefusedWhateverItsDepth() {
    assertThat(
            new Config(directory).problems("version: 1\nuse: " + "[".repeat(100) + "]".repeat(100)))
        .singleElement()
        .asString()
        .contains("nested too deeply");
    assertThat(new Config(directory).problems("version: 1\nuse: " + "[".repeat(200_000)))
        .singleElement()
        .asString()
        .contains("nested too deeply");
  }

  @Test
  void aFileThatIsTooLongIsRefused() {
    byte[] long1 = new byte[(16 << 20) + 1];
    Arrays.fill(long1, (byte) '#');
    Config config = new Config(directory).file("sluice.yaml", long1);
    assertThat(config.problems(config.load()))
        .containsExactly("sluice.yaml:1:1: the file is larger than 16MiB");
  }

  @Test
  void whatIsNotThereOrADirectoryIsAProblemToo() {
    Config config = new Config(directory.resolve("none"));
    assertThat(config.problems(config.load()))
        .containsExactly("sluice.yaml:1:1: the file is not there");
    new Config(directory).file("dir/sluice.yaml/x", "");
    Config second = new Config(directory.resolve("dir"));
    assertThat(second.problems(second.load()))
        .containsExactly("sluice.yaml:1:1: the file is a directory");
  }

  @Test
  void bytesThatAreNotUtf8AreRefusedWithTheirPlace() {
    byte[] content = "version: 1\nlist\u00e9: 1\n".getBytes(StandardCharsets.ISO_8859_1);
    Config config = new Config(directory).file("sluice.yaml", content);
    assertThat(config.problems(config.load()))
        .containsExactly("sluice.yaml:2:5: this byte is not UTF-8");
  }
}
