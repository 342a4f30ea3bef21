package dev.sluice.gateway.config;

import static dev.sluice.gateway.config.Values.BOOLEAN;
import static dev.sluice.gateway.config.Values.count;
import static dev.sluice.gateway.config.Values.duration;

import dev.sluice.gateway.config.DatabaseConfig.Kept;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/** The keys at the top of a file: the root of the whole description. */
final class GatewayBlock {
  private static final Key<String> ADMIN_ADDRESS =
      Key.of(
          "address",
          Network.BIND,
          "127.0.0.1",
          "Where to listen; beyond loopback a token is needed.");
  private static final Key<Integer> ADMIN_PORT =
      Key.of("port", count(0, 65_535), "9901", "The port; 0 is any free one.");
  private static final Key<Secret> TOKEN =
      Key.optional(
          "token",
          Values.SECRET,
          "Asked of each request but those to `/health` as a bearer token; better as `${env:NAME}`"
              + " or `${file:path}`.");
  private static final Block<AdminConfig> ADMIN_BLOCK =
      new Block<>(
          "admin",
          "The admin listener. A change needs a restart.",
          List.of(ADMIN_ADDRESS, ADMIN_PORT, TOKEN),
          GatewayBlock::admin);

  private static final Key<Boolean> ENABLED =
      Key.of("enabled", BOOLEAN, "true", "Whether there is one.");
  private static final Key<String> TO =
      Key.of("to", Values.LINE, "stdout", "`stdout`, or a file's path.");
  private static final Key<AccessLogConfig.Format> FORMAT =
      Key.of(
          "format",
          Values.choice(
              Values.words(
                  Map.entry("json", AccessLogConfig.Format.JSON),
                  Map.entry("text", AccessLogConfig.Format.TEXT))),
          "json",
          "One line an exchange, in this form.");
  private static final Block<AccessLogConfig> ACCESS_LOG_BLOCK =
      new Block<>(
          "accessLog",
          "The access log.",
          List.of(ENABLED, TO, FORMAT),
          fields -> new AccessLogConfig(fields.value(ENABLED), to(fields), fields.value(FORMAT)));

  private static final Key<Duration> DELAY =
      Key.of(
          "delay",
          duration("0s", "1h"),
          "5s",
          "From readiness off to the closing of the listeners.");
  private static final Key<Duration> TIMEOUT =
      Key.of("timeout", duration("0s", "1d"), "30s", "For exchanges in flight after that.");
  private static final Block<DrainConfig> DRAIN_BLOCK =
      new Block<>(
          "drain",
          "How a node leaves.",
          List.of(DELAY, TIMEOUT),
          fields -> new DrainConfig(fields.value(DELAY), fields.value(TIMEOUT)));

  static final Scalar<Integer> VERSION_NUMBER =
      Scalar.bare(
          "1",
          Map.of("const", 1),
          (text, shown) -> {
            if (!text.equals("1")) {
              throw new Unfit(shown + " is not known; this gateway reads version 1");
            }
            return 1;
          });
  private static final Key<Integer> VERSION =
      Key.required(
          "version",
          VERSION_NUMBER,
          "The version of the language, 1. Included files may leave it out.");
  private static final Key<List<String>> INCLUDE =
      Key.of(
          "include",
          Shapes.list(Values.LINE),
          "[]",
          "Further files, relative to this one; `*` and `?` in names. Lists of routes append, maps"
              + " merge.");
  private static final Key<Map<String, ListenerConfig>> LISTENERS =
      Key.required(
          "listeners",
          Shapes.named(Names.Kind.LISTENER, ListenerBlock.BLOCK),
          "Sockets for clients, by name; at least one.");
  private static final Key<AdminConfig> ADMIN =
      Key.of("admin", ADMIN_BLOCK, "{}", "The admin listener.");
  private static final Key<AccessLogConfig> ACCESS_LOG =
      Key.of("accessLog", ACCESS_LOG_BLOCK, "{}", "The access log.");
  private static final Key<DrainConfig> DRAIN =
      Key.of("drain", DRAIN_BLOCK, "{}", "How the gateway leaves.");
  private static final Key<Integer> LOOPS =
      Key.of(
          "loops",
          count(0, 1_024),
          "0",
          "Event loops that serve; 0 is one a core. A change needs a restart.");
  private static final Key<List<String>> EXTRA_METHODS =
      Key.of(
          "extraMethods",
          Shapes.list(Http.EXTRA_METHOD),
          "[]",
          "Methods that routes may name beside the known ones.");
  private static final Key<List<String>> USE =
      Key.of("use", Shapes.list(ListenerBlock.POLICY), "[]", "Policies ahead of everything else.");
  private static final Key<Map<String, UpstreamConfig>> UPSTREAMS =
      Key.of(
          "upstreams",
          Shapes.named(Names.Kind.UPSTREAM, UpstreamBlock.BLOCK),
          "{}",
          "Groups of endpoints, by name.");
  private static final Key<Map<String, DatabaseConfig>> DATABASES =
      Key.of(
          "databases",
          Shapes.named(Names.Kind.DATABASE, DatabaseBlock.BLOCK),
          "{}",
          "Databases, by name.");
  private static final Key<JobsConfig> JOBS =
      Key.of("jobs", JobBlocks.JOBS, "{}", "Work off the event loops.");
  private static final Key<ClusterConfig> CLUSTER =
      Key.optional("cluster", ClusterBlock.BLOCK, "This node among others; alone without it.");
  private static final Key<SourceConfig> CONFIG =
      Key.of("config", SourceBlock.BLOCK, "{}", "Where the routing part stands.");
  private static final Key<Map<String, List<FilterConfig>>> POLICIES =
      Key.of(
          "policies",
          Shapes.named(
              Names.Kind.POLICY,
              Shapes.as(Shapes.list(FilterBlocks.FILTER), filters -> name -> filters)),
          "{}",
          "Lists of filters, by name.");
  private static final Key<List<RouteConfig>> ROUTES =
      Key.of(
          "routes",
          Shapes.list(RouteBlock.BLOCK),
          "[]",
          "The most specific route wins, whatever the order.");

  /** A file. */
  static final Block<GatewayConfig> BLOCK =
      new Block<>(
          "configuration",
          "One configuration of the gateway.",
          List.of(
              VERSION,
              INCLUDE,
              LISTENERS,
              ADMIN,
              ACCESS_LOG,
              DRAIN,
              LOOPS,
              EXTRA_METHODS,
              USE,
              UPSTREAMS,
              DATABASES,
              JOBS,
              CLUSTER,
              CONFIG,
              POLICIES,
              ROUTES),
          GatewayBlock::make);

  /** Keys that may stand in several files, since their entries add up. */
  static final Set<String> MERGED =
      Set.of(
          "listeners",
          "upstreams",
          "databases",
          "policies",
          "routes",
          "use",
          "extraMethods",
          "include",
          "version");

  /** All of them. */
  static final Set<String> KEYS =
      BLOCK.keys().stream().map(Key::name).collect(Collectors.toUnmodifiableSet());

  private GatewayBlock() {}

  /** Methods are needed while routes are read, and may stand behind them. */
  static void prepare(MappingNode root, Reading reading) {
    Set<String> extra = new HashSet<>();
    for (NodeTuple tuple : root.getValue()) {
      if (tuple.getKeyNode() instanceof ScalarNode key
          && key.getValue().equals("extraMethods")
          && tuple.getValueNode() instanceof SequenceNode list) {
        for (Node item : list.getValue()) {
          if (item instanceof ScalarNode method) {
            extra.add(method.getValue());
          }
        }
      }
    }
    reading.extraMethods(extra);
  }

  /** The tables of the gateway's own are written for PostgreSQL. */
  private static @Nullable DatabaseConfig postgres(
      Fields fields, Key<?> key, String what, Map<String, DatabaseConfig> databases, String name) {
    DatabaseConfig database = databases.get(name); // an unknown name is reported as such
    if (database != null && database.source().kind() != DatabaseConfig.Kind.POSTGRES) {
      fields.problem(key, what + " needs a PostgreSQL database");
    }
    return database;
  }

  private static AdminConfig admin(Fields fields) {
    String address = fields.value(ADMIN_ADDRESS);
    if (!Network.isLoopback(address) && !fields.has(TOKEN)) {
      fields.problem(
          ADMIN_ADDRESS, "admin beyond loopback needs a token: token: ${env:ADMIN_TOKEN}");
    }
    if (address.startsWith("unix:")) {
      fields.problem(ADMIN_ADDRESS, "admin listens on an IP address only");
    }
    fields.reading().names().bind(address, fields.value(ADMIN_PORT), fields.at(ADMIN_PORT));
    return new AdminConfig(address, fields.value(ADMIN_PORT), fields.optional(TOKEN));
  }

  private static String to(Fields fields) {
    String to = fields.value(TO);
    if (to.equals("stdout")) {
      return to;
    }
    try {
      return fields
          .reading()
          .sources()
          .path(fields.at(TO).getStartMark().orElseThrow().getName())
          .resolveSibling(to)
          .toAbsolutePath()
          .normalize()
          .toString();
    } catch (java.nio.file.InvalidPathException e) {
      fields.problem(TO, "to: is no path");
      return to;
    }
  }

  private static @Nullable GatewayConfig make(Fields fields) {
    Reading reading = fields.reading();
    if (fields.value(LISTENERS).isEmpty()
        && fields.at(LISTENERS) instanceof MappingNode map
        && map.getValue().isEmpty()) {
      fields.problem(LISTENERS, "listeners: needs at least one");
    }
    AdminConfig admin = fields.value(ADMIN);
    if (!fields.has(ADMIN)) {
      reading.names().bindStandardAdmin(admin.address(), admin.port());
    }
    JobsConfig jobs = fields.value(JOBS).at(Reading.position(fields.at(JOBS)));
    Map<String, DatabaseConfig> databases = new LinkedHashMap<>(fields.value(DATABASES));
    String store = jobs.store();
    if (store != null) {
      DatabaseConfig kept = postgres(fields, JOBS, "jobs: store", databases, store);
      if (kept != null) {
        databases.put(store, kept.keeping(Kept.JOBS));
      }
    }
    SourceConfig source = fields.value(CONFIG);
    if (source instanceof SourceConfig.Database shared) {
      postgres(fields, CONFIG, "config: database", databases, shared.database());
    }
    List<RouteConfig> routes = new ArrayList<>(fields.value(ROUTES));
    Stream.concat(
            fields.value(POLICIES).values().stream(), routes.stream().map(RouteConfig::filters))
        .flatMap(List::stream)
        .forEach(filter -> {
          if (filter instanceof FilterConfig.Quota quota && quota.database() != null) {
            // An unknown name is reported as such, another kind of database where it is compiled.
            databases.computeIfPresent(
                quota.database(), (name, database) -> database.keeping(Kept.QUOTAS));
          }
        });
    routes.addAll(JobBlocks.routes(jobs, fields.has(JOBS), routes));
    return new GatewayConfig(
        new NodeConfig(admin, fields.value(LOOPS), jobs.fixed(), fields.optional(CLUSTER), source),
        fields.value(ACCESS_LOG),
        fields.value(DRAIN),
        new ArrayList<>(fields.value(LISTENERS).values()),
        databases,
        jobs,
        new RoutingConfig(
            fields.value(USE), fields.value(POLICIES), fields.value(UPSTREAMS), routes),
        List.of());
  }
}
