package dev.sluice.gateway.assemble;

import dev.sluice.gateway.config.ConfigLoader;
import dev.sluice.gateway.config.ConfigLoader.Result;
import dev.sluice.gateway.config.GatewayConfig;
import dev.sluice.gateway.config.NodeConfig;
import dev.sluice.gateway.config.Problem;
import dev.sluice.gateway.config.RoutingText;
import dev.sluice.gateway.config.Sources;
import dev.sluice.gateway.failure.Failed;
import dev.sluice.gateway.failure.Failure;
import dev.sluice.gateway.rollout.Candidate;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes new configurations into service, one at a time, on a thread of its own: reads, compiles,
 * opens what is new, swaps, and lets go of what is old. Whatever goes wrong before the swap leaves
 * everything as it was.
 */
public final class Reloader implements Candidate, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Reloader.class);
  private static final long STEP_SECONDS = 30;

  private final Path file;
  private final ConfigLoader loader;
  private final Assembler assembler;
  private final Publisher publisher;
  private final ConfigWatch watch;
  private final InstantSource clock;
  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(task -> {
        Thread worker = new Thread(task, "sluice-config");
        worker.setDaemon(true);
        return worker;
      });
  private final AtomicReference<@Nullable Snapshot> current = new AtomicReference<>();
  private final AtomicReference<@Nullable ConfigStatus> status = new AtomicReference<>();

  private final AtomicBoolean looking = new AtomicBoolean();
  private volatile boolean frozen;
  // The reloader's thread's own: what the process was started with, the routing part from
  // elsewhere that serves, and one that is held ready.
  private @Nullable NodeConfig started;
  private @Nullable RoutingText routing;
  private Trial.@Nullable Ready prepared;
  private final LongAdder loads = new LongAdder();
  private final LongAdder refusals = new LongAdder();

  /** What came of compiling a routing part. */
  private sealed interface Trial {
    List<Problem> problems();

    record Bad(List<Problem> problems) implements Trial {}

    /**
     * Compiled, and not in service yet.
     *
     * @param before the snapshot it was compiled against
     */
    record Ready(
        RoutingText routing, Result.Loaded loaded, Snapshot snapshot, @Nullable Snapshot before)
        implements Trial {
      @Override
      public List<Problem> problems() {
        return List.of();
      }
    }
  }

  /** Brings snapshots to the event loops; filled by the gateway. */
  public interface Publisher {
    /** Opens what is new in this snapshot; a failure changes nothing. */
    io.vertx.core.Future<Void> open(Snapshot snapshot);

    /** Requests from now on see it. */
    io.vertx.core.Future<Void> swap(Snapshot snapshot, boolean filesChanged);

    /**
     * It serves; what only the one before needed may go. Called on the reloader's thread; may block
     * for seconds.
     */
    void taken(Snapshot snapshot);
  }

  public Reloader(
      Path file,
      ConfigLoader loader,
      Assembler assembler,
      Publisher publisher,
      ConfigWatch watch,
      InstantSource clock) {
    this.file = file;
    this.loader = loader;
    this.assembler = assembler;
    this.publisher = publisher;
    this.watch = watch;
    this.clock = clock;
  }

  /** The snapshot that serves; null before the first. */
  public @Nullable Snapshot current() {
    return current.get();
  }

  /** What became of the last load; null before the first. */
  public @Nullable ConfigStatus status() {
    return status.get();
  }

  /**
   * Takes an already loaded configuration into service: the first one.
   *
   * @param routing its routing part, when that comes from elsewhere
   */
  public CompletableFuture<ConfigStatus> begin(
      Result.Loaded loaded, @Nullable RoutingText routing) {
    return submit(() -> {
      this.routing = routing;
      return take(loaded, "start");
    });
  }

  @Override
  public CompletableFuture<List<Problem>> check(RoutingText candidate) {
    return submit(() -> {
      Trial trial = compile(candidate);
      if (trial instanceof Trial.Ready ready) {
        assembler.discard(ready.snapshot, current.get());
      }
      return trial.problems();
    });
  }

  @Override
  public CompletableFuture<List<Problem>> prepare(RoutingText candidate) {
    return submit(() -> {
      letGo();
      Trial trial = compile(candidate);
      prepared = trial instanceof Trial.Ready ready ? ready : null;
      return trial.problems();
    });
  }

  @Override
  public CompletableFuture<List<Problem>> take(RoutingText candidate) {
    return submit(() -> {
      RoutingText serving = routing;
      routing = candidate;
      ConfigStatus done = takePrepared(candidate);
      if (!done.lastGood() && done.version() != candidate.version()) {
        routing = serving;
      }
      return done.problems();
    });
  }

  @Override
  public void abandon() {
    submit(() -> {
      letGo();
      return true;
    });
  }

  private Trial compile(RoutingText candidate) {
    Result result = loader.load(file, candidate);
    if (!(result instanceof Result.Loaded loaded)) {
      return new Trial.Bad(((Result.Invalid) result).problems());
    }
    Snapshot before = current.get();
    return switch (assembler.assemble(loaded, before, candidate.version())) {
      case Assembler.Result.Refused refused -> new Trial.Bad(refused.problems());
      case Assembler.Result.Assembled good ->
          new Trial.Ready(candidate, loaded, good.snapshot(), before);
    };
  }

  private ConfigStatus takePrepared(RoutingText candidate) {
    Trial.Ready ready = prepared;
    if (ready == null
        || !ready.routing.equals(candidate)
        || ready.before != current.get()
        || moved(ready.loaded) != null) {
      letGo();
      return load("database");
    }
    prepared = null;
    return serve(ready.loaded, ready.snapshot, "database");
  }

  private void letGo() {
    Trial.Ready unused = prepared;
    prepared = null;
    if (unused != null) {
      assembler.discard(unused.snapshot, current.get());
    }
  }

  /**
   * Reads the files again and takes them into service when they are good and not the same as
   * before. Fails when this reloader is closed.
   */
  public CompletableFuture<ConfigStatus> reload(String trigger) {
    if (frozen) {
      return CompletableFuture.failedFuture(
          new Failed(Failure.CONFLICT, "another process is taking over"));
    }
    return submit(() -> load(trigger));
  }

  /**
   * Reloads when a file has changed since the last load, and no longer changes. At most one look
   * waits.
   */
  public void reloadIfChanged() {
    if (!frozen && looking.compareAndSet(false, true)) {
      submit(
              () -> {
                looking.set(false);
                return watch.changed() ? load("file change") : null;
              })
          .whenComplete((done, cause) -> {
            if (cause != null) {
              looking.set(false);
            }
          });
    }
  }

  /**
   * Takes no files from now on, since what they change may be sockets that another process is
   * taking over. Completes when what is being taken is finished.
   */
  public CompletableFuture<Boolean> freeze() {
    frozen = true;
    return submit(() -> true);
  }

  /** Takes files again; what has changed meanwhile is seen at the next look. */
  public void thaw() {
    frozen = false;
  }

  private <T extends @Nullable Object> CompletableFuture<T> submit(Supplier<T> work) {
    try {
      return CompletableFuture.supplyAsync(work, thread)
          .whenComplete((done, cause) -> {
            if (cause != null) {
              LOG.error(
                  "a configuration was not taken because of a fault of the gateway itself", cause);
            }
          });
    } catch (RejectedExecutionException closed) {
      return CompletableFuture.failedFuture(new Failed(Failure.DRAINING, "the gateway is leaving"));
    }
  }

  private ConfigStatus load(String trigger) {
    Result result = loader.load(file, routing);
    return switch (result) {
      case Result.Invalid invalid -> {
        watch.files(invalid.files());
        yield refuse(invalid.problems(), trigger);
      }
      case Result.Loaded loaded -> {
        ConfigStatus before = status.get();
        watch.files(loaded.files());
        Problem moved = moved(loaded);
        if (moved != null) {
          yield refuse(List.of(moved), trigger);
        }
        if (before != null && before.hash().equals(loaded.hash())) {
          LOG.info("configuration unchanged trigger=\"{}\" version={}", trigger, before.version());
          ConfigStatus unchanged = before.unchanged(clock.instant());
          status.set(unchanged);
          yield unchanged;
        }
        yield take(loaded, trigger);
      }
    };
  }

  private ConfigStatus take(Result.Loaded loaded, String trigger) {
    Snapshot before = current.get();
    if (before == null) {
      watch.files(loaded.files());
      started = loaded.config().node();
    }
    long counted = before == null ? 1 : before.version() + 1;
    RoutingText elsewhere = routing;
    long version = elsewhere == null ? counted : elsewhere.version();
    return switch (assembler.assemble(loaded, before, version)) {
      case Assembler.Result.Refused refused -> refuse(refused.problems(), trigger);
      case Assembler.Result.Assembled good -> serve(loaded, good.snapshot(), trigger);
    };
  }

  /** A routing part that has moved waits for a restart, and the rest of that file with it. */
  private @Nullable Problem moved(Result.Loaded loaded) {
    NodeConfig running = started;
    return running == null || running.source().equals(loaded.config().node().source())
        ? null
        : loaded
            .sources()
            .problem(file + ":1:1", "config: where the routing part stands changes at a restart");
  }

  private ConfigStatus serve(Result.Loaded loaded, Snapshot next, String trigger) {
    Snapshot before = current.get();
    try {
      await(publisher.open(next));
    } catch (ExecutionException | TimeoutException e) {
      assembler.discard(next, before);
      Throwable cause = e.getCause() == null ? e : e.getCause();
      return refuse(List.of(problem(loaded.sources(), cause)), trigger);
    }
    List<Problem> left = new ArrayList<>();
    try {
      await(publisher.swap(next, before != null));
    } catch (ExecutionException | TimeoutException e) {
      LOG.error("a part of the new configuration could not be taken over", e);
      Throwable cause = e.getCause() == null ? e : e.getCause();
      left.add(
          problem(
              loaded.sources(),
              new IllegalStateException(
                  "a part of it could not be taken over; load it again: " + cause)));
    }
    current.set(next);
    assembler.retire(before, next);
    publisher.taken(next);
    loads.increment();
    ConfigStatus done =
        new ConfigStatus(
            next.version(),
            left.isEmpty() ? loaded.hash() : "", // equal to none: the same files are taken again
            clock.instant(),
            clock.instant(),
            left.isEmpty(),
            left,
            loaded.config().warnings(),
            waiting(loaded.config()));
    status.set(done);
    if (before != null) {
      LOG.info(
          "configuration taken version={} routes={}",
          next.version(),
          next.routes().routes().size());
      done.waiting().forEach(part -> LOG.warn("waits for a restart part={}", part));
    }
    return done;
  }

  private Problem problem(Sources sources, Throwable cause) {
    String position =
        cause instanceof ListenerRefused refused
            ? sources.bound(refused.address(), refused.port())
            : file + ":1:1";
    return sources.problem(position, "" + cause.getMessage());
  }

  /**
   * Parts that differ from what runs and cannot change live. The node keeps what it was started
   * with.
   */
  private List<String> waiting(GatewayConfig next) {
    NodeConfig running = started;
    List<String> parts = new ArrayList<>();
    if (running != null) {
      if (!running.admin().equals(next.node().admin())) {
        parts.add("admin");
      }
      if (running.loops() != next.node().loops()) {
        parts.add("loops");
      }
      if (!running.jobs().equals(next.node().jobs())) {
        parts.add("jobs");
      }
      if (!Objects.equals(running.cluster(), next.node().cluster())) {
        parts.add("cluster");
      }
    }
    return parts;
  }

  /** Configurations taken so far. */
  public long loads() {
    return loads.sum();
  }

  /** Configurations refused so far. */
  public long refusals() {
    return refusals.sum();
  }

  private ConfigStatus refuse(List<Problem> problems, String trigger) {
    refusals.increment();
    ConfigStatus before = status.get();
    ConfigStatus refused =
        before == null
            ? new ConfigStatus(
                0, "", clock.instant(), clock.instant(), false, problems, List.of(), List.of())
            : new ConfigStatus(
                before.version(),
                before.hash(),
                before.since(),
                clock.instant(),
                false,
                problems,
                before.warnings(),
                before.waiting());
    status.set(refused);
    if (before != null) { // at the start, who started it says so
      LOG.error(
          "configuration refused, the old one serves on trigger=\"{}\" problems={}",
          trigger,
          problems.size());
      for (Problem problem : problems) {
        LOG.error("{}", problem.render());
      }
    }
    return refused;
  }

  private static void await(io.vertx.core.Future<?> step)
      throws ExecutionException, TimeoutException {
    try {
      step.toCompletionStage().toCompletableFuture().get(STEP_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
      throw new TimeoutException("interrupted");
    }
  }

  /** Takes no more configurations; what is being taken is finished. */
  @Override
  public void close() {
    thread.shutdown();
  }
}
