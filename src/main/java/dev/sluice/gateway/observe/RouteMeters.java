package dev.sluice.gateway.observe;

import dev.sluice.gateway.exchange.Exchange;
import dev.sluice.gateway.exchange.Observer;
import dev.sluice.gateway.failure.Failure;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Counts a route's finished exchanges. One instance a route; it outlives reloads. Each loop writes
 * cells of its own with ordered stores: no lock, no shared cache line, nothing allocated after a
 * combination's first exchange.
 */
public final class RouteMeters implements Observer {
  private final Meters meters;
  private final MeterSet set;
  private final Seen[] seen;

  RouteMeters(Meters meters, String name, int loops) {
    this.meters = meters;
    this.set = new MeterSet(name, loops);
    this.seen = new Seen[loops];
    for (int i = 0; i < loops; i++) {
      seen[i] = new Seen();
    }
  }

  @Override
  public void ended(Exchange exchange) {
    record(
        exchange.loop().index(),
        exchange.upstream(),
        exchange.status(),
        exchange.failure(),
        exchange.timeline().endNanos() - exchange.timeline().startNanos(),
        exchange.timeline().endNanos(),
        exchange.bytesIn(),
        exchange.bytesOut());
  }

  void record(
      int loop,
      @Nullable String upstream,
      int status,
      @Nullable Failure failure,
      long nanos,
      long endNanos,
      long in,
      long out) {
    set.cell(loop).record(status, failure, nanos, endNanos, in, out);
    if (upstream != null) {
      seen[loop].cell(upstream, loop, meters).record(status, failure, nanos, endNanos, in, out);
    }
  }

  /** How the route does. Any thread. */
  public Summary summary() {
    return set.summary();
  }

  MeterSet set() {
    return set;
  }

  /**
   * The loop's way from an upstream's name to its cell; the same name twice in a row costs a
   * comparison.
   */
  private static final class Seen {
    private @Nullable String last;
    private @Nullable MeterCell lastCell;
    private final Map<String, MeterCell> cells = new HashMap<>();
    private int generation;

    @SuppressWarnings("ReferenceEquality") // identity is the fast path; the map is the truth
    MeterCell cell(String upstream, int loop, Meters meters) {
      MeterCell known = lastCell;
      int now = meters.generation();
      if (known != null && upstream == last && generation == now) {
        return known;
      }
      if (generation != now) {
        cells.clear();
        generation = now;
      }
      MeterCell cell = cells.get(upstream);
      if (cell == null) {
        cell = meters.upstream(upstream).cell(loop);
        cells.put(upstream, cell);
      }
      last = upstream;
      lastCell = cell;
      return cell;
    }
  }
}
