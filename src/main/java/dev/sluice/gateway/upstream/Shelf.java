package dev.sluice.gateway.upstream;

import dev.sluice.gateway.exchange.Loop;
import dev.sluice.gateway.resilience.Timers.Timer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The open connections of a pool that may take a request: over HTTP/1 the idle ones, the last used
 * first; over HTTP/2 all of them. Those that stay idle for too long are closed. Confined to the
 * loop but for {@link #idleCount()}.
 */
final class Shelf {
  private final Loop loop;
  private final boolean http2;
  private final long idleNanos;
  private final ArrayDeque<UpstreamConnection> idle = new ArrayDeque<>();
  private final List<UpstreamConnection> shared = new ArrayList<>();
  private final Timer sweep;
  private volatile int idleCount;

  Shelf(Loop loop, boolean http2, long idleNanos) {
    this.loop = loop;
    this.http2 = http2;
    this.idleNanos = idleNanos;
    this.sweep = loop.timers().timer(this::sweep);
  }

  /** Connections that have nothing to do. Any thread may ask. */
  int idleCount() {
    return idleCount;
  }

  /** A connection is open now. */
  void opened(UpstreamConnection connection) {
    if (http2) {
      shared.add(connection);
    }
  }

  /** A connection that can take a request now; null when there is none. */
  @Nullable UpstreamConnection ready() {
    if (http2) {
      for (UpstreamConnection connection : shared) {
        if (connection.hasRoom()) {
          return connection;
        }
      }
      return null;
    }
    UpstreamConnection connection;
    while ((connection = idle.poll()) != null) {
      if (!connection.worn(now())) {
        break;
      }
      connection.close();
    }
    count();
    return connection;
  }

  /** It has nothing to do. */
  void shelve(UpstreamConnection connection) {
    connection.idleSince(now());
    if (!http2) {
      idle.push(connection);
    }
    count();
    if (!sweep.armed()) {
      sweep.at(now() + idleNanos);
    }
  }

  /** Takes the one that has been idle for longest; null when none is. */
  @Nullable UpstreamConnection takeIdle() {
    UpstreamConnection oldest = http2 ? unused() : idle.pollLast();
    count();
    return oldest;
  }

  private @Nullable UpstreamConnection unused() {
    for (UpstreamConnection connection : shared) {
      if (connection.unused()) {
        return connection;
      }
    }
    return null;
  }

  /** It is closed, or wanted elsewhere. */
  void remove(UpstreamConnection connection) {
    shared.remove(connection);
    idle.remove(connection);
    count();
  }

  /** Notes for the other loops how many connections have nothing to do. */
  void count() {
    int count = idle.size();
    for (int i = 0; i < shared.size(); i++) {
      if (shared.get(i).unused()) {
        count++;
      }
    }
    idleCount = count;
  }

  private void sweep() {
    long now = now();
    long next = Long.MAX_VALUE;
    for (UpstreamConnection connection : List.copyOf(http2 ? shared : idle)) {
      if (!connection.unused()) {
        continue;
      }
      long left = connection.idleSince() + idleNanos - now;
      if (left <= 0 || connection.worn(now)) {
        idle.remove(connection);
        connection.close();
      } else {
        next = Math.min(next, left);
      }
    }
    count();
    if (next != Long.MAX_VALUE) {
      sweep.at(now + next);
    }
  }

  /** Closes what is idle; what is in use closes when it comes free. */
  void close() {
    sweep.cancel();
    for (UpstreamConnection connection : List.copyOf(http2 ? shared : idle)) {
      connection.retire();
    }
    idle.clear();
    count();
  }

  private long now() {
    return loop.ticker().nanos();
  }
}
