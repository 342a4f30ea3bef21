package dev.sluice.gateway.rollout;

import dev.sluice.gateway.config.DatabaseConfig;
import dev.sluice.gateway.config.Problem;
import dev.sluice.gateway.config.RoutingText;
import dev.sluice.gateway.database.Database;
import dev.sluice.gateway.database.Databases;
import dev.sluice.gateway.database.Listening;
import dev.sluice.gateway.exchange.Watched;
import dev.sluice.gateway.failure.Failed;
import dev.sluice.gateway.failure.Failure;
import dev.sluice.gateway.resilience.Ticker;
import dev.sluice.gateway.rollout.ConfigTable.Mark;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings the routing part from a database to this node, and new versions from this node to all, in
 * two phases: every node that lives compiles a proposal and holds it ready; once all do, it is the
 * active version and all swap. One that a node refuses is dropped, and was active on none.
 *
 * <p>A node looks at the tables whenever it is woken by a notification, and every {@value
 * #LOOK_MILLIS} ms in any case, and does what the state it finds asks of it. So a notification that
 * is lost costs time and nothing else. Called from any thread; its state is confined to one context
 * of its own.
 */
public final class Rollout {
  private static final Logger LOG = LoggerFactory.getLogger(Rollout.class);
  private static final long LOOK_MILLIS = 2_000;

  /** A version that this node could not take is tried again. */
  private static final long RETRY_SECONDS = 30;

  private final Vertx vertx;
  private final Context context;
  private final Databases databases;
  private final Database database;
  private final ConfigTable table;
  private final ConfigCopy copy;
  private final Proposals proposals;
  private final Ticker ticker;
  private final Promise<Void> ended = Promise.promise();
  private final String node = UUID.randomUUID().toString();
  private volatile @Nullable String trouble;

  // Confined to the context.
  private String name = node;
  private @Nullable Candidate candidate;
  private Mark served = new Mark(0, "");
  private @Nullable Held held;
  private @Nullable Mark refused;
  private long refusedNanos;
  private boolean looking;
  private boolean again;
  private boolean closed;
  private long timer = -1;
  private @Nullable Listening listening;

  /**
   * The proposal that this node has voted for.
   *
   * @param routing null when it refused
   */
  private record Held(String change, @Nullable RoutingText routing) {}

  /**
   * Opens the database; asks nothing yet.
   *
   * @param shared where the tables are
   * @param folder of the copy on disk
   */
  public Rollout(
      Vertx vertx, Databases databases, DatabaseConfig shared, Path folder, Ticker ticker) {
    this.vertx = vertx;
    this.context = vertx.getOrCreateContext();
    this.databases = databases;
    this.database = databases.open(shared);
    this.table = new ConfigTable(database);
    this.copy = new ConfigCopy(folder, shared.place());
    this.proposals = new Proposals(table, ticker, this::wake);
    this.ticker = ticker;
  }

  /**
   * The version to start with: the active one; the copy on disk when the database does not answer;
   * {@link RoutingText#EMPTY} when there is no version yet.
   */
  public Future<RoutingText> first() {
    return on(() ->
        vertx
            .executeBlocking(copy::read)
            .compose(kept -> FirstVersion.read(database, table, kept, node))
            .map(first -> {
              served = first.mark();
              trouble = first.trouble();
              if (trouble == null && served.version() > 0) {
                keep(first.routing());
              }
              return first.routing();
            }));
  }

  /**
   * From now on the node follows the database.
   *
   * @param name of this node, for those who read what it refused
   */
  public void begin(String name, Candidate candidate) {
    context.runOnContext(now -> {
      this.name = name;
      this.candidate = candidate;
      timer = vertx.setPeriodic(LOOK_MILLIS, tick -> beat());
      Watched.quietly(
          database
              .opened()
              .onSuccess(open -> {
                if (!closed) {
                  listening = databases.listen(database, ConfigTable.CHANNEL, this::wake);
                }
              }));
      beat();
    });
  }

  /** Why the database cannot be asked now; null when it can. */
  public @Nullable String trouble() {
    return trouble;
  }

  /** The name of the database. */
  public String source() {
    return database.name();
  }

  /** Stops following; any number of times. */
  public Future<Void> close() {
    return on(() -> {
      if (closed) {
        return ended.future();
      }
      closed = true;
      vertx.cancelTimer(timer);
      Listening open = listening;
      if (open != null) {
        open.close();
      }
      proposals.close(new Failed(Failure.DRAINING, "the gateway is leaving"));
      return table
          .leave(node)
          .otherwiseEmpty()
          .eventually(() -> {
            databases.close(database);
            ended.complete();
            return Future.succeededFuture();
          });
    });
  }

  /** The newest versions first. */
  public Future<List<Version>> list(int limit) {
    return on(() -> table.list(limit));
  }

  /** The active version; empty before the first. */
  public Future<Optional<Version>> newest() {
    return list(1).map(versions -> versions.stream().findFirst());
  }

  /**
   * What all nodes serve; while the database is away, what this one does. {@link RoutingText#EMPTY}
   * before the first version.
   */
  public Future<RoutingText> active() {
    return newest()
        .compose(version ->
            version.isEmpty()
                ? Future.succeededFuture(RoutingText.EMPTY)
                : text(version.get()).map(text -> RoutingText.of(version.get().version(), text)))
        .recover(away ->
            on(() ->
                vertx
                    .executeBlocking(copy::read)
                    .compose(kept ->
                        kept.filter(last -> last.mark().equals(served))
                            .map(last -> Future.succeededFuture(last.routing()))
                            .orElseGet(() -> Future.failedFuture(away)))));
  }

  /** A version by its number; empty when there is none, or no longer. */
  public Future<Optional<Version>> find(long version) {
    return on(() -> table.find(version));
  }

  /** Its text. */
  public Future<String> text(Version version) {
    return on(() -> table.text(version.change()))
        .map(text -> text.map(RoutingText::text).orElse(""));
  }

  /** What this node has against a routing part; empty when it would take it. */
  public Future<List<String>> check(String text) {
    return on(() -> asked(node -> node.check(RoutingText.of(served.version() + 1, text))))
        .map(Rollout::rendered);
  }

  /** Makes a routing part the active version of all nodes. */
  public Future<Outcome> put(Draft draft) {
    return check(draft.text())
        .compose(problems ->
            problems.isEmpty()
                ? on(() -> proposals.propose(draft))
                : Future.succeededFuture(new Outcome.Refused(problems)));
  }

  private void beat() {
    table.beat(node, name, served.version()).onComplete((told, cause) -> wake());
  }

  private void wake() {
    context.runOnContext(now -> {
      again = true;
      if (!looking && !closed && candidate != null) {
        look();
      }
    });
  }

  private void look() {
    looking = true;
    again = false;
    Mark own = proposals.mark(); // what is proposed after this look began it may not have seen
    table
        .look()
        .compose(look ->
            follow(look.active())
                .compose(done -> judge(look.proposed()))
                .compose(done -> proposals.settle(look, own)))
        .onComplete((done, cause) -> {
          looking = false;
          noted(cause);
          if (again && !closed) {
            look();
          }
        });
  }

  private void noted(@Nullable Throwable cause) {
    if (cause == null) {
      if (trouble != null) {
        LOG.info("event=config_source_back database={}", database.name());
      }
      trouble = null;
      return;
    }
    if (trouble == null && !closed) {
      LOG.warn(
          "event=config_source_lost database={} version={} cause=\"{}\"",
          database.name(),
          served.version(),
          cause.getMessage());
    }
    trouble = String.valueOf(cause.getMessage());
    proposals.trouble(cause);
  }

  private boolean late(long sinceNanos, long seconds) {
    return ticker.nanos() - sinceNanos > TimeUnit.SECONDS.toNanos(seconds);
  }

  /** Takes the active version, when it is not the one that serves. */
  private Future<Void> follow(@Nullable Mark active) {
    if (active == null
        || active.change().equals(served.change())
        || (active.equals(refused) && !late(refusedNanos, RETRY_SECONDS))) {
      return Future.succeededFuture();
    }
    Held ready = held;
    held = null;
    RoutingText same =
        ready != null && ready.change().equals(active.change()) ? ready.routing() : null;
    Future<Optional<RoutingText>> text =
        same == null ? table.text(active.change()) : Future.succeededFuture(Optional.of(same));
    return text.compose(
        found -> found.isEmpty() ? Future.succeededFuture() : take(active, found.get()));
  }

  private Future<Void> take(Mark active, RoutingText routing) {
    return asked(node -> node.take(routing))
        .map(problems -> {
          if (problems.isEmpty()) {
            served = active;
            refused = null;
            keep(routing);
          } else {
            refused = active;
            refusedNanos = ticker.nanos();
          }
          return null;
        });
  }

  private void keep(RoutingText routing) {
    Mark mark = served;
    Watched.loudly(
        vertx.executeBlocking(() -> {
          copy.write(routing, mark);
          return true;
        }),
        "keeping a copy of the configuration");
  }

  /** Compiles a proposal and votes; lets go of one that is gone. */
  private Future<Void> judge(@Nullable Mark proposed) {
    Held known = held;
    if (proposed == null) {
      if (known != null && candidate != null) {
        held = null;
        candidate.abandon();
      }
      return Future.succeededFuture();
    }
    if (known != null && known.change().equals(proposed.change())) {
      return Future.succeededFuture();
    }
    return table
        .text(proposed.change())
        .compose(found ->
            found.isEmpty() ? Future.succeededFuture() : vote(proposed.change(), found.get()));
  }

  private Future<Void> vote(String change, RoutingText routing) {
    return asked(node -> node.prepare(routing))
        .compose(problems -> {
          held = new Held(change, problems.isEmpty() ? routing : null);
          String against = problems.isEmpty() ? null : String.join("\n", rendered(problems));
          return table.vote(change, node, against);
        })
        .compose(voted -> table.tell())
        .onSuccess(told -> wake());
  }

  private static List<String> rendered(List<Problem> problems) {
    return problems.stream().map(Problem::render).collect(Collectors.toList());
  }

  /** Asks this node; what it answers comes back to the context. */
  private Future<List<Problem>> asked(
      java.util.function.Function<Candidate, CompletableFuture<List<Problem>>> question) {
    Candidate known = candidate;
    return known == null
        ? Future.failedFuture(new Failed(Failure.DRAINING, "the gateway does not serve yet"))
        : Future.fromCompletionStage(question.apply(known), context);
  }

  private <T> Future<T> on(Supplier<Future<T>> work) {
    Promise<T> done = Promise.promise();
    context.runOnContext(
        now -> Future.<Void>succeededFuture().compose(begun -> work.get()).onComplete(done));
    return done.future();
  }
}
