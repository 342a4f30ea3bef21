package dev.sluice.gateway.cluster;

import com.hazelcast.cluster.MembershipEvent;
import com.hazelcast.cluster.MembershipListener;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.HazelcastInstanceNotActiveException;
import com.hazelcast.core.LifecycleEvent;
import dev.sluice.gateway.config.ClusterConfig;
import dev.sluice.gateway.resilience.Ticker;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Nodes as members of Hazelcast. It is started and asked on a thread of its own, one step after the
 * other, so that a node serves long before it has found the others, and whatever becomes of them.
 * Any thread.
 */
public final class HazelcastCluster implements Cluster {
  private static final Logger LOG = LoggerFactory.getLogger(HazelcastCluster.class);
  private static final long LONGEST_STEP_SECONDS = 60;
  private static final long BUS_CLOSE_SECONDS = 2;
  private static final long KEPT_SECONDS = 60;
  private static final long RETRY_MILLIS = 5_000;

  private final Vertx vertx;
  private final ClusterConfig config;
  private final String version;
  private final InstantSource clock;
  private final ExecutorService steps;
  private final MemberProof proof;
  private final Pulse pulse;
  private final NodeBus bus;
  private final NodeFacts facts;
  private volatile @Nullable HazelcastInstance member;
  private volatile boolean met;
  private volatile @Nullable Runnable search;
  private volatile @Nullable String trouble;
  private @Nullable Future<Void> left;

  private HazelcastCluster(
      Vertx vertx, ClusterConfig config, String version, InstantSource clock, Ticker ticker) {
    this.vertx = vertx;
    this.config = config;
    this.version = version;
    this.clock = clock;
    this.pulse = new Pulse(config.name(), ticker);
    ClusterKey key = new ClusterKey(config.name(), config.secret());
    this.bus = new NodeBus(vertx, config, key, pulse);
    this.facts = new NodeFacts(version, clock.instant(), pulse::leaves);
    this.proof = new MemberProof(config.name(), key, ticker);
    // Aside: it takes a second, and more when the machine is busy with starting.
    Thread.ofPlatform()
        .daemon()
        .name("sluice-cluster-rehearsal")
        .start(() -> BusOptions.rehearse(key));
    // No worker of Vert.x: on one of those it warns of making another Vert.x.
    this.steps =
        Executors.newSingleThreadExecutor(task -> {
          Thread thread = new Thread(task, "sluice-cluster-" + config.port());
          thread.setDaemon(true);
          return thread;
        });
  }

  /**
   * Looks for the others; returns at once.
   *
   * @param free completes when no other process has this node's port any more, as far as is known
   */
  public static HazelcastCluster start(
      Vertx vertx,
      ClusterConfig config,
      String version,
      InstantSource clock,
      Ticker ticker,
      Future<Void> free) {
    HazelcastCluster cluster = new HazelcastCluster(vertx, config, version, clock, ticker);
    if (config.secret() == null) {
      LOG.warn(
          "event=cluster_open cluster={} why=\"without a secret whoever reaches port {} and knows the"
              + " name becomes a member\"",
          config.name(),
          config.port());
    }
    free.onComplete(done -> cluster.join());
    return cluster;
  }

  /** Does this after all that was asked before. */
  private Future<Void> then(Step step) {
    return answer(
            () -> {
              step.run();
              return true;
            })
        .mapEmpty();
  }

  private <T> Future<T> answer(Callable<T> step) {
    Promise<T> done = Promise.promise();
    try {
      steps.execute(() -> {
        try {
          done.complete(step.call());
        } catch (Exception failed) {
          done.fail(failed);
        }
      });
    } catch (RejectedExecutionException left) {
      done.fail(left);
    }
    return done.future();
  }

  @FunctionalInterface
  private interface Step {
    void run() throws Exception;
  }

  private void join() {
    then(this::joined).onFailure(this::again);
  }

  private void again(Throwable cause) {
    if (facts.leaving()) {
      return;
    }
    String why = Trouble.of(cause, config, proof.refusal());
    if (why.equals(trouble)) {
      LOG.debug("event=cluster_not_joined", cause);
    } else {
      trouble = why;
      LOG.error(
          "event=cluster_not_joined cluster={} port={} why=\"{}\" this_node=\"{}\"",
          config.name(),
          config.port(),
          why,
          config.alone() == ClusterConfig.WhenAlone.SERVE
              ? "serves by itself and tries again each 5 s"
              : "is not ready and tries again each 5 s");
    }
    vertx.setTimer(RETRY_MILLIS, timer -> join());
  }

  private void joined() throws Exception {
    if (facts.leaving()) {
      return;
    }
    HazelcastInstance own = member;
    if (own == null || !own.getLifecycleService().isRunning()) {
      await(bus.end(), BUS_CLOSE_SECONDS); // that of a member that is no more
      Trouble.look(config);
      own = look();
      try {
        begin(own);
      } catch (RuntimeException failed) {
        member = null;
        own.getLifecycleService().terminate(); // or the next try finds its port taken
        throw failed;
      }
      found(own);
    }
    if (facts.leaving()) {
      return;
    }
    try {
      await(bus.begin(own), LONGEST_STEP_SECONDS);
    } catch (Exception failed) {
      // As a member it would be waited for by the others, who do not hear it.
      member = null;
      own.shutdown();
      throw failed instanceof IOException cause ? Trouble.ofBus(cause, config) : failed;
    }
    met |= own.getCluster().getMembers().size() > 1;
  }

  private HazelcastInstance look() {
    try {
      return HazelcastNode.start(
          config,
          version,
          proof,
          end -> {
            search = end;
            if (facts.leaving()) {
              end.run();
            }
          });
    } finally {
      search = null;
    }
  }

  private void begin(HazelcastInstance own) {
    own.getCluster().addMembershipListener(new Changes());
    own.getCluster().getMembers().forEach(this::compare);
    own.getLifecycleService().addLifecycleListener(event -> changed(own, event));
    facts.begin(own);
    member = own;
    facts.say(own);
  }

  private void changed(HazelcastInstance own, LifecycleEvent event) {
    switch (event.getState()) {
      case MERGED -> { // it was in a part that was cut off
        LOG.info("event=cluster_merged cluster={}", config.name());
        aside(this::say);
      }
      case SHUTDOWN -> {
        if (own.equals(member)
            && !facts.leaving()) { // it gave up, after a merge that failed for instance
          LOG.warn("event=cluster_ended cluster={} this_node=\"begins anew\"", config.name());
          vertx.setTimer(RETRY_MILLIS, timer -> join());
        }
      }
      default -> {}
    }
  }

  private static void await(Future<?> step, long seconds) throws Exception {
    try {
      step.toCompletionStage().toCompletableFuture().get(seconds, TimeUnit.SECONDS);
    } catch (ExecutionException failed) {
      throw failed.getCause() instanceof Exception cause ? cause : failed;
    }
  }

  private void found(HazelcastInstance started) {
    int members = started.getCluster().getMembers().size();
    if (members > 1) {
      LOG.info("event=cluster_joined cluster={} members={}", config.name(), members);
    } else {
      String refusal = proof.refusal();
      LOG.warn(
          "event=cluster_alone cluster={} join={} why=\"{}\" this_node=\"{}\"",
          config.name(),
          Trouble.places(config.join()),
          refusal == null ? Trouble.nobody(config.join()) : refusal,
          config.alone() == ClusterConfig.WhenAlone.SERVE
              ? "serves by itself and goes on looking"
              : "is not ready and goes on looking");
    }
  }

  private final class Changes implements MembershipListener {
    private static final String CHANGED = "event={} cluster={} node={} members={}";

    @Override
    public void memberAdded(MembershipEvent event) {
      met = true;
      LOG.info(CHANGED, "member_joined", config.name(), text(event), event.getMembers().size());
      compare(event.getMember());
    }

    @Override
    public void memberRemoved(MembershipEvent event) {
      String id = HazelcastNode.id(event.getMember());
      int left = event.getMembers().size();
      if (pulse.gone(id)) {
        LOG.info(CHANGED, "member_left", config.name(), text(event), left);
      } else {
        LOG.warn(CHANGED, "member_lost", config.name(), text(event), left);
      }
      aside(() -> facts.forget(id));
    }

    private String text(MembershipEvent event) {
      return HazelcastNode.text(event.getMember());
    }
  }

  /** Nodes of two versions may run beside each other while one replaces the other. */
  private void compare(com.hazelcast.cluster.Member other) {
    String its = HazelcastNode.version(other);
    if (!other.localMember() && !version.equals(its)) {
      LOG.warn(
          "event=member_of_another_version cluster={} node={} version={} this_node={}",
          config.name(),
          HazelcastNode.text(other),
          its,
          version);
    }
  }

  @Override
  public void serves(long version) {
    facts.serves(version);
    aside(this::say);
  }

  private void aside(Step step) {
    then(step).onFailure(cause -> LOG.debug("event=cluster_not_told", cause));
  }

  /** On the thread of steps. */
  private void say() {
    HazelcastInstance own = member;
    if (own != null) {
      facts.say(own);
    }
  }

  @Override
  public int nodes() {
    return bus.nodes();
  }

  @Override
  public boolean silent() {
    return pulse.silent();
  }

  @Override
  public Channel channel(String name, Heard heard) {
    return bus.channel(name, heard);
  }

  @Override
  public void answers(String question, Supplier<Future<Buffer>> answer) {
    bus.answers(question, answer);
  }

  @Override
  public Future<List<Answer>> ask(String question) {
    return bus.ask(question);
  }

  @Override
  public Future<List<Counted>> count(String name, Map<String, Count> counts, Instant until) {
    HazelcastInstance own = member;
    if (own == null || !own.getLifecycleService().isRunning()) {
      return Future.failedFuture("this node is not a member yet");
    }
    long seconds = Math.max(1, Duration.between(clock.instant(), until).toSeconds() + KEPT_SECONDS);
    return answer(() -> Counters.add(own, name, counts, seconds)); // it may wait for partitions
  }

  @Override
  public View view() {
    HazelcastInstance own = member;
    if (own == null || !own.getLifecycleService().isRunning()) {
      return new View(config.name(), State.JOINING, List.of(facts.self()));
    }
    try {
      List<Member> members = facts.members(own);
      return new View(config.name(), members.size() == 1 ? State.ALONE : State.JOINED, members);
    } catch (HazelcastInstanceNotActiveException endedJustNow) {
      return new View(config.name(), State.JOINING, List.of(facts.self()));
    }
  }

  @Override
  public boolean met() {
    return met;
  }

  @Override
  public synchronized Future<Void> leave() {
    Future<Void> known = left;
    if (known == null) {
      known = goodbye();
      left = known;
    }
    return known;
  }

  private Future<Void> goodbye() {
    facts.leave();
    Runnable underWay = search;
    if (underWay != null) {
      Thread.ofPlatform().daemon().name("sluice-cluster-search-ends").start(underWay); // it blocks
    }
    Future<Void> told = then(this::say); // first of all: who is known to leave may be silent
    Future<Void> quiet = then(() -> await(bus.close(), BUS_CLOSE_SECONDS));
    Future<Void> gone =
        then(() -> {
          HazelcastInstance own = member;
          if (own != null) {
            own.shutdown(); // hands its partitions over first
          }
        });
    return Future.join(told, quiet, gone)
        .onFailure(cause ->
            LOG.warn(
                "event=cluster_not_left cluster={} cause=\"{}\"", config.name(), cause.toString()))
        .<Void>mapEmpty()
        .otherwiseEmpty()
        .onComplete(left -> steps.shutdown());
  }
}
