package dev.sluice.gateway.cluster;

import com.hazelcast.cluster.Member;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.HazelcastInstanceNotActiveException;
import dev.sluice.gateway.config.ClusterConfig;
import dev.sluice.gateway.exchange.Watched;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.Message;
import io.vertx.core.eventbus.MessageProducer;
import io.vertx.spi.cluster.hazelcast.HazelcastClusterManager;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What nodes say to each other, over the event bus of a Vert.x of its own: it is clustered by the
 * node's member of Hazelcast, and speaks TLS when there is a secret. Any thread; nothing waits.
 */
final class NodeBus {
  private static final Logger LOG = LoggerFactory.getLogger(NodeBus.class);
  private static final String CHANNEL = "channel";
  private static final String FROM = "from";
  private static final String PULSE = "pulse";
  private static final long ANSWER_MILLIS = 2_000;

  /** Messages under way to one node; while it takes none, more are lost. */
  private static final int MOST_UNDER_WAY = 64;

  private final ClusterConfig config;
  private final ClusterKey key;
  private final Vertx owner;
  private final Pulse pulse;
  private final Map<String, Cluster.Heard> channels = new ConcurrentHashMap<>();
  private final Map<String, Supplier<Future<Buffer>>> answers = new ConcurrentHashMap<>();
  private final long timer;
  private volatile @Nullable HazelcastInstance member;
  private volatile @Nullable Open open;
  private volatile int nodes = 1;

  /** The bus, as whom it speaks, and to whom. */
  private record Open(Vertx bus, String id, Map<Line, Sender> senders) {}

  /** One channel to one node. */
  private record Line(String node, String channel) {}

  /** Sends on a line, and how much of it is under way. */
  private record Sender(MessageProducer<Buffer> messages, AtomicInteger underWay) {}

  NodeBus(Vertx owner, ClusterConfig config, ClusterKey key, Pulse pulse) {
    this.owner = owner;
    this.config = config;
    this.key = key;
    this.pulse = pulse;
    channels.put(PULSE, (from, words) -> {});
    this.timer = owner.setPeriodic(Pulse.MILLIS, beat -> beat());
  }

  /** The node is a member: from now on it speaks and hears. Fails when its port is taken. */
  Future<Void> begin(HazelcastInstance own) {
    String id = HazelcastNode.id(own.getCluster().getLocalMember());
    member = own; // from now on the others are silent, as long as there is no bus
    return Vertx.builder()
        .with(BusOptions.of(config, key, own, ANSWER_MILLIS))
        .withClusterManager(new HazelcastClusterManager(own))
        .buildClustered()
        .compose(bus -> {
          bus.exceptionHandler(this::failed);
          return bus.eventBus()
              .<Buffer>consumer(address(id), this::take)
              .completion()
              .onSuccess(known -> open = new Open(bus, id, new ConcurrentHashMap<>()))
              .onFailure(cause -> Watched.quietly(bus.close())); // or it keeps its port
        });
  }

  /** Vert.x fails what waited for a connection twice when that one closes as soon as it opened. */
  private void failed(Throwable cause) {
    if (cause instanceof IllegalStateException) {
      LOG.debug("event=bus_closed_early", cause);
    } else {
      LOG.error("event=bus_failed cluster={}", config.name(), cause);
    }
  }

  private static String address(String node) {
    return "sluice.node." + node;
  }

  // ---- hearing ----

  private void take(Message<Buffer> message) {
    String from = message.headers().get(FROM);
    String channel = message.headers().get(CHANNEL);
    if (from == null || channel == null) {
      return;
    }
    pulse.heard(from);
    if (message.replyAddress() != null) {
      answer(message, answers.get(channel));
      return;
    }
    Cluster.Heard listener = channels.get(channel);
    if (listener != null) {
      listener.heard(name(from), message.body().getBytes());
    }
  }

  private static void answer(Message<Buffer> message, @Nullable Supplier<Future<Buffer>> known) {
    if (known == null) {
      message.fail(0, "this node does not know what that is");
      return;
    }
    asked(known)
        .onSuccess(message::reply)
        .onFailure(cause -> message.fail(0, String.valueOf(cause.getMessage())));
  }

  /** How people call a node: {@code host:port}; its identity when it is gone. */
  private String name(String id) {
    for (Member member : members()) {
      if (HazelcastNode.id(member).equals(id)) {
        return HazelcastNode.text(member);
      }
    }
    return id;
  }

  // ---- speaking ----

  Cluster.Channel channel(String name, Cluster.Heard listener) {
    channels.put(name, listener);
    return words -> send(name, Buffer.buffer(words));
  }

  private void send(String channel, Buffer words) {
    Open now = open;
    if (now == null) {
      return;
    }
    for (Member member : members()) {
      if (!member.localMember()) {
        Sender sender =
            now.senders()
                .computeIfAbsent(
                    new Line(HazelcastNode.id(member), channel), line -> sender(now, line));
        if (sender.underWay().incrementAndGet() > MOST_UNDER_WAY) {
          sender.underWay().decrementAndGet();
        } else {
          Watched.quietly(
              sender
                  .messages()
                  .write(words)
                  .onComplete(sent -> sender.underWay().decrementAndGet()));
        }
      }
    }
  }

  private static Sender sender(Open now, Line line) {
    DeliveryOptions options = options(now, line.channel());
    return new Sender(
        now.bus().eventBus().sender(address(line.node()), options), new AtomicInteger());
  }

  private static DeliveryOptions options(Open now, String channel) {
    return new DeliveryOptions().addHeader(CHANNEL, channel).addHeader(FROM, now.id());
  }

  private void beat() {
    HazelcastInstance own = member;
    if (own == null || !own.getLifecycleService().isRunning()) {
      return;
    }
    send(PULSE, Buffer.buffer());
    Set<String> excused = pulse.leaving(); // before the members: one may be gone in between
    Map<String, Member> members = new HashMap<>();
    members().forEach(each -> members.put(HazelcastNode.id(each), each));
    pulse.beat(excused, members);
    Open now = open;
    if (now != null) {
      now.senders().keySet().removeIf(line -> !members.containsKey(line.node()));
    }
    nodes = Math.max(1, members.size());
  }

  private Set<Member> members() {
    HazelcastInstance own = member;
    try {
      return own == null || !own.getLifecycleService().isRunning()
          ? Set.of()
          : own.getCluster().getMembers();
    } catch (HazelcastInstanceNotActiveException endedJustNow) {
      return Set.of();
    }
  }

  int nodes() {
    return nodes;
  }

  // ---- questions ----

  void answers(String question, Supplier<Future<Buffer>> answer) {
    answers.put(question, answer);
  }

  /** Asks all nodes, this one among them. */
  Future<List<Cluster.Answer>> ask(String question) {
    Open now = open;
    List<Future<Cluster.Answer>> asked = new ArrayList<>();
    if (now == null) {
      asked.add(own(question, ""));
    } else {
      for (Member member : members()) {
        String node = HazelcastNode.text(member);
        asked.add(
            member.localMember()
                ? own(question, node)
                : told(now, question, HazelcastNode.id(member), node));
      }
    }
    return Future.join(asked).map(all -> asked.stream().map(Future::result).toList());
  }

  private Future<Cluster.Answer> own(String question, String node) {
    Supplier<Future<Buffer>> known = answers.get(question);
    return known == null
        ? Future.succeededFuture(new Cluster.Answer(node, null, "it does not know what that is"))
        : answered(asked(known), node);
  }

  private static Future<Cluster.Answer> told(Open now, String question, String id, String node) {
    DeliveryOptions options = options(now, question).setSendTimeout(ANSWER_MILLIS);
    return answered(
        now.bus()
            .eventBus()
            .<Buffer>request(address(id), Buffer.buffer(), options)
            .map(Message::body),
        node);
  }

  /** Within the time that others have for it, whatever becomes of it. */
  private static Future<Buffer> asked(Supplier<Future<Buffer>> known) {
    return Future.<Void>succeededFuture()
        .compose(begun -> known.get())
        .timeout(ANSWER_MILLIS, TimeUnit.MILLISECONDS);
  }

  private static Future<Cluster.Answer> answered(Future<Buffer> words, String node) {
    return words
        .map(told -> new Cluster.Answer(node, told, null))
        .otherwise(cause -> new Cluster.Answer(node, null, String.valueOf(cause.getMessage())));
  }

  Future<Void> close() {
    owner.cancelTimer(timer);
    return end();
  }

  /** The member is no more: its bus ends with it. */
  Future<Void> end() {
    Open now = open;
    open = null;
    return now == null ? Future.succeededFuture() : now.bus().close();
  }
}
