package dev.sluice.gateway.cluster;

import com.hazelcast.cluster.Member;
import dev.sluice.gateway.resilience.Ticker;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Who was heard when: each node says something three times a second, if only that it lives, so that
 * a silent one is noticed long before Hazelcast takes it for dead. Any thread.
 */
final class Pulse {
  private static final Logger LOG = LoggerFactory.getLogger(Pulse.class);

  /** Between two words of a node. */
  static final long MILLIS = 300;

  private static final long SILENT_NANOS = TimeUnit.MILLISECONDS.toNanos(1_500);

  /** A new member may need this long for its first word. */
  private static final long GRACE_NANOS = TimeUnit.SECONDS.toNanos(5);

  private final String cluster;
  private final Ticker ticker;
  private final Map<String, Long> heard = new ConcurrentHashMap<>();
  private final Set<String> silent = ConcurrentHashMap.newKeySet();
  private final Set<String> leaving = ConcurrentHashMap.newKeySet();

  Pulse(String cluster, Ticker ticker) {
    this.cluster = cluster;
    this.ticker = ticker;
  }

  /** A node has said something. */
  void heard(String id) {
    heard.put(id, ticker.nanos());
  }

  /**
   * Looks who has been silent for too long.
   *
   * @param excused those that had said so before the members were asked for
   * @param members that are there, by identity
   */
  void beat(Set<String> excused, Map<String, Member> members) {
    long time = ticker.nanos();
    members.forEach((id, each) -> {
      if (!each.localMember() && !excused.contains(id)) {
        // One that has said nothing yet has some seconds for its first word.
        long last = heard.computeIfAbsent(id, added -> time + GRACE_NANOS);
        silent(each, id, time - last > SILENT_NANOS);
      }
    });
    heard.keySet().retainAll(members.keySet());
    silent.retainAll(members.keySet());
  }

  private void silent(Member member, String id, boolean now) {
    if (now && silent.add(id)) {
      LOG.warn("event=member_silent cluster={} node={}", cluster, HazelcastNode.text(member));
    } else if (!now && silent.remove(id)) {
      LOG.info("event=member_heard cluster={} node={}", cluster, HazelcastNode.text(member));
    }
  }

  /** This node hands over what it has, and lets no request pass any more: it may be silent. */
  void leaves(String id) {
    leaving.add(id);
    silent.remove(id);
  }

  /** Those that may be silent. */
  Set<String> leaving() {
    return Set.copyOf(leaving);
  }

  /** It is no member any more; whether it had said that it leaves. */
  boolean gone(String id) {
    return leaving.remove(id);
  }

  /** Whether one of them was not heard for too long. */
  boolean silent() {
    return !silent.isEmpty();
  }
}
