package dev.sluice.gateway;

import dev.sluice.gateway.admin.AdminVerticle;
import dev.sluice.gateway.assemble.Actions;
import dev.sluice.gateway.assemble.Assembler;
import dev.sluice.gateway.assemble.ConfigStatus;
import dev.sluice.gateway.assemble.ConfigWatch;
import dev.sluice.gateway.assemble.Reloader;
import dev.sluice.gateway.assemble.Snapshot;
import dev.sluice.gateway.assemble.Upstreams;
import dev.sluice.gateway.cluster.Cluster;
import dev.sluice.gateway.cluster.HazelcastCluster;
import dev.sluice.gateway.cluster.SingleNode;
import dev.sluice.gateway.config.AdminConfig;
import dev.sluice.gateway.config.ClusterConfig;
import dev.sluice.gateway.config.ConfigLoader;
import dev.sluice.gateway.config.ConfigLoader.Result;
import dev.sluice.gateway.config.DrainConfig;
import dev.sluice.gateway.config.GatewayConfig;
import dev.sluice.gateway.config.ListenerConfig;
import dev.sluice.gateway.config.Problem;
import dev.sluice.gateway.database.Databases;
import dev.sluice.gateway.embedded.EmbeddedKinds;
import dev.sluice.gateway.exchange.Loop;
import dev.sluice.gateway.exchange.Watched;
import dev.sluice.gateway.filter.limit.Quotas;
import dev.sluice.gateway.jobs.Jobs;
import dev.sluice.gateway.resilience.SystemTicker;
import dev.sluice.gateway.rollout.Rollout;
import dev.sluice.gateway.server.Drain;
import dev.sluice.gateway.server.ServerVerticle;
import dev.sluice.gateway.takeover.Handover;
import dev.sluice.gateway.takeover.Predecessor;
import dev.sluice.gateway.upstream.Names;
import dev.sluice.gateway.upstream.Prober;
import dev.sluice.gateway.upstream.UpstreamFactory;
import dev.sluice.gateway.upstream.kubernetes.KubernetesServices;
import dev.sluice.gateway.wire.ServerSockets;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One gateway: builds everything, passes everything, and takes it down again. Nothing is static, so
 * that several can run in one process. Any thread.
 */
public final class Gateway {
  private static final Logger LOG = LoggerFactory.getLogger(Gateway.class);
  private static final long WATCH_MILLIS = 250;
  private static final long KEEP_MILLIS = 250;

  private final Vertx vertx;
  private final Context control;
  private final ServerSockets sockets;
  private final Telemetry telemetry;
  private final List<ServerVerticle> servers;
  private final List<Loop> loops;
  private final Reloader reloader;
  private final EmbeddedKinds embedded;
  private final Names names;
  private final KubernetesServices services;
  private final Databases databases;
  private final Jobs jobs;
  private final Cluster cluster;
  private final @Nullable RoutingSource routing;
  private final Quotas quotas;
  private final Prober prober;
  private final CompletableFuture<Void> stopped = new CompletableFuture<>();
  private final long startNanos;
  private volatile boolean draining;
  private volatile @Nullable AdminVerticle admin;
  private volatile long watchTimer = -1;
  private volatile long keepTimer = -1;

  /** The gateway could not be started; the message is one line for the user. */
  public static final class StartFailed extends Exception {
    private static final long serialVersionUID = 1L;

    StartFailed(String message) {
      super(message);
    }
  }

  private Gateway(
      Path file,
      ConfigLoader loader,
      GatewayConfig config,
      Vertx vertx,
      ServerSockets sockets,
      Origin origin)
      throws StartFailed {
    this.startNanos = origin.startNanos();
    this.vertx = vertx;
    this.control = vertx.getOrCreateContext(); // before those of the servers get their loops
    this.sockets = sockets;
    this.servers = new ArrayList<>();
    this.loops = new ArrayList<>();
    NodeAside aside = new NodeAside();
    int wanted = Loops.count(config);
    for (int i = 0; i < wanted; i++) {
      int index = i;
      ServerVerticle server =
          new ServerVerticle(
              Guards.gate(),
              context -> Loops.make(index, vertx, context, SystemTicker.INSTANCE, aside));
      Waits.await(vertx.deployVerticle(server), "an event loop did not start");
      servers.add(server);
      loops.add(Waits.await(server.loop(), "an event loop did not start"));
    }
    this.telemetry = new Telemetry(loops, config.accessLog());
    this.embedded = new EmbeddedKinds(vertx, Version.current());
    this.names = new Names(origin.nameServer());
    this.databases = new Databases(vertx);
    this.routing = RoutingSource.of(file, loader, config, vertx, databases);
    String userAgent = "Sluice/" + Version.current();
    this.services = new KubernetesServices(userAgent, SystemTicker.INSTANCE);
    this.prober = new Prober(vertx, userAgent);
    Hints hints = new Hints(new BreakerEvents(vertx), this::snapshot);
    UpstreamFactory factory =
        new UpstreamFactory(
            loops,
            new Guards.Upstreams(),
            embedded::address,
            names,
            services,
            prober,
            SystemTicker.INSTANCE,
            hints,
            hints);
    this.jobs = NodeJobs.make(vertx, config.jobs(), loops, telemetry.offload(), this::snapshot);
    aside.to(jobs.offload());
    ClusterConfig among = config.node().cluster();
    this.cluster =
        among == null
            ? new SingleNode(Version.current(), Instant.now())
            : HazelcastCluster.start(
                vertx,
                among,
                Version.current(),
                Clock.systemUTC(),
                SystemTicker.INSTANCE,
                origin.alone());
    this.quotas =
        new Quotas(
            Clock.systemUTC(), new QuotaLedgers(among == null ? null : cluster, this::snapshot));
    Assembler assembler =
        new Assembler(
            new Upstreams(factory),
            databases,
            new Actions.Ports(
                telemetry::observer,
                new Guards.Sockets(),
                userAgent,
                jobs,
                telemetry.limits(),
                quotas),
            telemetry.unrouted());
    this.reloader =
        new Reloader(
            file,
            loader,
            assembler,
            new Publication(
                servers,
                sockets,
                telemetry,
                jobs,
                cluster,
                new StatementWarnings(),
                this::snapshot),
            new ConfigWatch(),
            Clock.systemUTC());
    if (among != null) {
      telemetry.meet(cluster, vertx, hints);
      hints.meet(cluster);
    }
  }

  /**
   * Starts a gateway; blocks until it listens.
   *
   * @param file the configuration's file, for reloads
   * @param loader reads it again
   * @param loaded what it says now
   * @param debug switches on Vert.x's and Netty's own checks for leaks and blocked loops
   * @throws StartFailed when a listener cannot be opened, for instance
   */
  public static Gateway start(Path file, ConfigLoader loader, Result.Loaded loaded, boolean debug)
      throws StartFailed {
    return start(file, loader, loaded, debug, Origin.of(null, null));
  }

  /**
   * Starts a gateway that takes the place of another process; blocks until it has. Until then the
   * other one serves, and it goes on when this fails.
   */
  public static Gateway start(
      Path file, ConfigLoader loader, Result.Loaded loaded, boolean debug, Predecessor predecessor)
      throws StartFailed {
    try {
      Succession.check(loaded.config());
      return start(file, loader, loaded, debug, Origin.of(null, predecessor));
    } catch (StartFailed failed) {
      predecessor.close();
      throw failed;
    }
  }

  /**
   * Starts a gateway that asks these name servers; blocks until it listens.
   *
   * @param nameServer null for the system's
   */
  static Gateway start(
      Path file,
      ConfigLoader loader,
      Result.Loaded loaded,
      boolean debug,
      @Nullable InetSocketAddress nameServer)
      throws StartFailed {
    return start(file, loader, loaded, debug, Origin.of(nameServer, null));
  }

  private static Gateway start(
      Path file, ConfigLoader loader, Result.Loaded loaded, boolean debug, Origin origin)
      throws StartFailed {
    GatewayConfig config = loaded.config();
    ServerSockets sockets = origin.sockets();
    Vertx vertx = Loops.vertx(sockets, Loops.count(config), debug);
    Gateway gateway = null;
    boolean done = false;
    try {
      gateway = new Gateway(file, loader, config, vertx, sockets, origin);
      gateway.begin(loaded);
      gateway.succeed(origin);
      done = true;
      return gateway;
    } finally {
      if (!done) {
        if (gateway == null) {
          Waits.settle(vertx.close());
        } else {
          gateway.close();
        }
        sockets.closeUnused();
      }
    }
  }

  /** All is ready: from here on it accepts. */
  private void succeed(Origin origin) throws StartFailed {
    try {
      origin.take(sockets);
    } catch (IOException e) {
      throw new StartFailed(String.valueOf(e.getMessage()));
    }
  }

  private @Nullable Snapshot snapshot() {
    return reloader.current();
  }

  private void begin(Result.Loaded loaded) throws StartFailed {
    GatewayConfig config = loaded.config();
    Watched.loudly(jobs.offload().start(), "starting the workers");
    RoutingSource.Start start =
        routing == null ? new RoutingSource.Start(loaded, null) : routing.start(loaded);
    ConfigStatus status =
        Waits.await(
            Future.fromCompletionStage(reloader.begin(start.loaded(), start.routing())),
            "the configuration could not be taken into service");
    if (!status.lastGood()) {
      String first = status.problems().stream().findFirst().map(Problem::render).orElse("unknown");
      throw new StartFailed(first);
    }
    ClusterView view = new ClusterView(cluster, config.node().cluster());
    Rollout rollout = routing == null ? null : routing.rollout();
    AdminViews views =
        new AdminViews(servers, loops, reloader, telemetry, this::draining, view, rollout);
    AdminConfig where = config.node().admin();
    AdminVerticle api =
        new AdminVerticle(
            control,
            where,
            views.ports(),
            options ->
                ServerSockets.named(
                    options, ServerSockets.name(where.address(), where.port(), "(admin)")));
    Waits.await(vertx.deployVerticle(api), "the admin listener cannot be opened");
    admin = api;
    if (routing != null) {
      routing.follow(api.port(), reloader);
    }
    telemetry.start(reloader, views, jobs, quotas);
    keepTimer = vertx.setPeriodic(KEEP_MILLIS, timer -> Watched.quietly(quotas.keep()));
    Descriptors.warnIfFew(config);
    watchTimer = vertx.setPeriodic(WATCH_MILLIS, timer -> reloader.reloadIfChanged());
  }

  /** What to tell the user about the start: one line a listener, one for the whole. */
  public List<String> banner() {
    List<String> lines = new ArrayList<>();
    Snapshot snapshot = current();
    for (ListenerConfig listener : snapshot.config().listeners()) {
      lines.add(Banner.listener(listener, port(listener.name())));
    }
    Banner.jobs(snapshot.config()).ifPresent(lines::add);
    lines.add(Banner.admin(snapshot.config().node().admin(), adminPort()));
    long millis = (SystemTicker.INSTANCE.nanos() - startNanos) / 1_000_000;
    lines.add(Banner.whole(snapshot, vertx.isNativeTransportEnabled(), loops.size(), millis));
    return lines;
  }

  /**
   * The port that a listener really has; 0 when there is none of that name. Blocks; not on an event
   * loop.
   */
  public int port(String listener) {
    try {
      return Waits.await(servers.getFirst().port(listener), "no port");
    } catch (StartFailed gone) {
      return 0;
    }
  }

  /** The serving event loops. */
  public List<Loop> loops() {
    return List.copyOf(loops);
  }

  /** The admin listener's port. */
  public int adminPort() {
    AdminVerticle api = admin;
    return api == null ? 0 : api.port();
  }

  /** What it does when another process takes its place. */
  public Handover.Leaver leaver() {
    return new Succession(this, sockets, reloader, cluster);
  }

  /** The admin API takes no more connections; what is under way there is answered. */
  void retireAdmin() {
    AdminVerticle api = admin;
    if (api != null) {
      Watched.quietly(api.retire());
    }
  }

  /** Completes when everything is closed. */
  public CompletableFuture<Void> stopped() {
    return stopped;
  }

  /** Whether it is leaving. */
  public boolean draining() {
    return draining;
  }

  /** The snapshot that serves. */
  public Snapshot current() {
    Snapshot snapshot = reloader.current();
    if (snapshot == null) {
      throw new IllegalStateException("not started");
    }
    return snapshot;
  }

  /**
   * Reads the configuration again; see {@link Reloader#reload}. Also opens the access log's file
   * anew.
   */
  public CompletableFuture<ConfigStatus> reload(String trigger) {
    telemetry.reopen();
    return reloader.reload(trigger);
  }

  /** Leaves: answers what is under way, then stops. Completes when everything is closed. */
  public CompletableFuture<Void> drain() {
    if (beginDraining()) {
      LOG.info("draining");
      vertx.cancelTimer(watchTimer);
      Watched.quietly(stopChanges()); // a database that does not answer holds up no drain
      DrainConfig bounds = current().config().drain();
      Future<Void> jobsEnd = jobs.finish(bounds.delay().plus(bounds.timeout()).toMillis());
      new Drain(vertx, servers, loops)
          .run(bounds)
          .eventually(() -> jobsEnd)
          .onComplete((nothing, cause) -> {
            if (cause != null) {
              LOG.warn("drain incomplete", cause);
            }
            Thread closer = new Thread(this::close, "sluice-close");
            closer.start();
          });
    }
    return stopped;
  }

  private synchronized boolean beginDraining() {
    boolean first = !draining;
    draining = true;
    return first;
  }

  /** Brings what was counted to where it is kept. Never fails. */
  Future<Void> handIn() {
    return quotas.close();
  }

  /** Stops at once. Blocks until everything is closed. */
  public void halt() {
    draining = true;
    close();
  }

  /** Takes everything down: what takes work first, then what does it, then what watches. */
  private synchronized void close() {
    if (stopped.isDone()) {
      return;
    }
    vertx.cancelTimer(watchTimer);
    Waits.settle(stopChanges());
    prober.close();
    names.close();
    services.close();
    telemetry.stop();
    for (ServerVerticle server : servers) {
      Waits.settle(server.close());
    }
    Waits.settle(jobs.close());
    vertx.cancelTimer(keepTimer);
    Waits.settle(quotas.close());
    Waits.settle(cluster.leave());
    Waits.settle(databases.close());
    Waits.settle(embedded.close());
    Waits.settle(vertx.close());
    telemetry.close();
    stopped.complete(null);
  }

  /** Takes no more configurations. */
  private Future<Void> stopChanges() {
    Future<Void> unfollowed =
        routing == null ? Future.succeededFuture() : routing.rollout().close();
    reloader.close();
    return unfollowed;
  }
}
