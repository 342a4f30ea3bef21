package dev.sluice.gateway.cluster;

import com.hazelcast.cluster.Member;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.topic.ITopic;
import dev.sluice.gateway.exchange.Watched;
import dev.sluice.gateway.resilience.Ticker;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What nodes say to all others, over topics of Hazelcast. Each says something three times a second,
 * if only that it lives, so that a silent one is noticed long before Hazelcast takes it for dead.
 * Any thread; sent by a thread of its own, since Hazelcast may block.
 */
final class Words {
  private static final String PULSE = "sluice.pulse";
  private static final long PULSE_MILLIS = 300;
  private static final long SILENT_NANOS = TimeUnit.MILLISECONDS.toNanos(1_500);

  /** A new member may need this long for its first word. */
  private static final long GRACE_NANOS = TimeUnit.SECONDS.toNanos(5);

  private static final int MOST_WAITING = 64;
  private static final long LONGEST_SECONDS = 60;

  private final Ticker ticker;
  private final WorkerExecutor sender;
  private final Map<String, Consumer<byte[]>> channels = new ConcurrentHashMap<>();
  private final Map<UUID, Long> heard = new ConcurrentHashMap<>();
  private final AtomicInteger waiting = new AtomicInteger();
  private volatile @Nullable HazelcastInstance member;
  private volatile int nodes = 1;
  private volatile boolean silent;

  Words(Vertx vertx, int port, Ticker ticker) {
    this.ticker = ticker;
    this.sender =
        vertx.createSharedWorkerExecutor(
            "sluice-words-" + port, 1, LONGEST_SECONDS, TimeUnit.SECONDS);
    channels.put(PULSE, words -> {});
    vertx.setPeriodic(PULSE_MILLIS, timer -> pulse());
  }

  /** The node is a member: from now on it speaks and hears. */
  void begin(HazelcastInstance own) {
    channels.forEach((name, consumer) -> listen(own, name, consumer));
    member = own;
  }

  private void listen(HazelcastInstance own, String name, Consumer<byte[]> consumer) {
    own.<byte[]>getTopic(name)
        .addMessageListener(message -> {
          Member from = message.getPublishingMember();
          if (from != null && !from.localMember()) {
            heard.put(from.getUuid(), ticker.nanos());
            consumer.accept(message.getMessageObject());
          }
        });
  }

  Cluster.Channel channel(String name, Consumer<byte[]> consumer) {
    String topic = "sluice." + name;
    channels.put(topic, consumer);
    HazelcastInstance own = member;
    if (own != null) {
      listen(own, topic, consumer);
    }
    return words -> send(topic, words);
  }

  private void send(String topic, byte[] words) {
    HazelcastInstance own = member;
    if (own == null || waiting.incrementAndGet() > MOST_WAITING) {
      waiting.decrementAndGet();
      return;
    }
    Watched.quietly(
        sender
            .executeBlocking(() -> {
              ITopic<byte[]> all = own.getTopic(topic);
              all.publish(words);
              return null;
            })
            .onComplete(sent -> waiting.decrementAndGet()));
  }

  private void pulse() {
    HazelcastInstance own = member;
    if (own == null || !own.getLifecycleService().isRunning()) {
      return;
    }
    send(PULSE, new byte[0]);
    long now = ticker.nanos();
    Set<Member> members = own.getCluster().getMembers();
    boolean quiet = false;
    for (Member each : members) {
      if (!each.localMember()) {
        // One that has said nothing yet has some seconds for its first word.
        long last = heard.computeIfAbsent(each.getUuid(), added -> now + GRACE_NANOS);
        quiet |= now - last > SILENT_NANOS;
      }
    }
    if (heard.size() > members.size()) {
      heard.keySet().retainAll(members.stream().map(Member::getUuid).toList());
    }
    nodes = members.size();
    silent = quiet;
  }

  int nodes() {
    return nodes;
  }

  boolean silent() {
    return silent;
  }

  void close() {
    member = null;
    Watched.quietly(sender.close());
  }
}
