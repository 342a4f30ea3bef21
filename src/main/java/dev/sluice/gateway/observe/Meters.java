package dev.sluice.gateway.observe;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Everything that is counted, by name. One object a process; it survives reloads, so routes and
 * upstreams that stay keep their counts, and the series of those that went are removed. Any thread.
 */
public final class Meters {
  /** The name under which exchanges are counted that match no route. */
  public static final String NO_ROUTE = "none";

  private final int loops;
  private final Map<String, RouteMeters> routes = new ConcurrentHashMap<>();
  private final Map<String, MeterSet> upstreams = new ConcurrentHashMap<>();
  private final List<UpstreamStats> stats = new CopyOnWriteArrayList<>();
  private volatile int generation;

  /** For loops numbered from 0 to {@code loops - 1}. */
  public Meters(int loops) {
    this.loops = loops;
  }

  /** The route's meters, made when first asked for. For configuration time, not for a request's. */
  public RouteMeters route(String name) {
    return routes.computeIfAbsent(name, key -> new RouteMeters(this, key, loops));
  }

  /**
   * Forgets all other routes and upstreams. Call it once the last exchange of the old configuration
   * may be over.
   */
  public synchronized void retain(Set<String> routeNames, Set<String> upstreamNames) {
    routes.keySet().removeIf(name -> !name.equals(NO_ROUTE) && !routeNames.contains(name));
    if (upstreams.keySet().removeIf(name -> !upstreamNames.contains(name))) {
      generation = generation + 1;
    }
  }

  /** Adds a source of upstream-side numbers; asked at each scrape. */
  public void add(UpstreamStats source) {
    stats.add(source);
  }

  /** Upstreams as their sources see them now. */
  public List<UpstreamStats.View> upstreamViews() {
    return stats.stream().flatMap(source -> source.read().stream()).toList();
  }

  /** How each upstream does, by name. */
  public Map<String, Summary> upstreamSummaries() {
    Map<String, Summary> summaries = new TreeMap<>();
    upstreams.forEach((name, set) -> summaries.put(name, set.summary()));
    return summaries;
  }

  MeterSet upstream(String name) {
    return upstreams.computeIfAbsent(name, key -> new MeterSet(key, loops));
  }

  int generation() {
    return generation;
  }

  /** Routes in the order of their names. */
  List<MeterSet> routeSets() {
    return new TreeMap<>(routes).values().stream().map(RouteMeters::set).toList();
  }
}
