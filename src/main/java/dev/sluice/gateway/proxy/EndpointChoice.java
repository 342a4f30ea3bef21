package dev.sluice.gateway.proxy;

import dev.sluice.gateway.exchange.Exchange;
import dev.sluice.gateway.exchange.Phase;
import dev.sluice.gateway.resilience.Outcome;
import dev.sluice.gateway.upstream.Endpoint;
import dev.sluice.gateway.upstream.PickContext;
import dev.sluice.gateway.upstream.Shard;
import dev.sluice.gateway.upstream.Upstream;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The endpoints that one exchange tries, one after the other; each is told when an attempt at it
 * begins and how it ended. Confined to the exchange's loop.
 */
final class EndpointChoice implements PickContext {
  private final Exchange exchange;
  private final Upstream upstream;
  private final Shard shard;
  private final RequestHead head;

  private @Nullable Endpoint current;
  private long sinceNanos;

  /** Most exchanges try one endpoint, so there is no list before the second. */
  private @Nullable Endpoint triedFirst;

  private @Nullable List<Endpoint> triedLater;

  EndpointChoice(Exchange exchange, Upstream upstream, RequestHead head) {
    this.exchange = exchange;
    this.upstream = upstream;
    this.shard = upstream.shard(exchange.loop().index());
    this.head = head;
  }

  /**
   * Begins an attempt at another endpoint, or at the same when there is no other; null for none.
   */
  @Nullable Endpoint next() {
    Endpoint picked = shard.pick(this);
    if (picked != null) {
      current = picked;
      exchange.attempt(upstream.name(), picked.label());
      exchange.phase(Phase.CONNECTING);
      sinceNanos = exchange.loop().ticker().nanos();
      picked.begin();
    }
    return picked;
  }

  /** The endpoint of the attempt that is under way. */
  @Nullable Endpoint current() {
    return current;
  }

  /** When that attempt began. */
  long sinceNanos() {
    return sinceNanos;
  }

  /** The attempt is over; does nothing when none is under way. */
  void end(Outcome outcome) {
    Endpoint used = current;
    if (used != null) {
      current = null;
      used.end(outcome, exchange.loop().ticker().nanos() - sinceNanos);
      remember(used);
    }
  }

  private void remember(Endpoint used) {
    if (triedFirst == null) {
      triedFirst = used;
      return;
    }
    List<Endpoint> known = triedLater;
    if (known == null) {
      known = new ArrayList<>(2);
      triedLater = known;
    }
    known.add(used);
  }

  /** Whether an endpoint has not been tried. */
  boolean hasAnother() {
    for (Endpoint endpoint : upstream.endpoints()) {
      if (!tried(endpoint)) {
        return true;
      }
    }
    return false;
  }

  /** What to call it to clients, who are not to know inner addresses. */
  String name() {
    return "upstream " + upstream.name();
  }

  @Override
  public @Nullable String hashKey() {
    return head.hashKey();
  }

  @Override
  public @Nullable String sticky() {
    return head.sticky();
  }

  @Override
  public boolean tried(Endpoint candidate) {
    List<Endpoint> known = triedLater;
    return candidate == triedFirst || (known != null && known.contains(candidate));
  }
}
