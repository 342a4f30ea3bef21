package dev.sluice.gateway.route;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The paths of one host: a node a segment, its literal children in a hash table, so that a step
 * costs the same however many routes there are.
 *
 * <p>Going back over branches cannot blow up: the nodes form a tree and one at depth d is only
 * entered with the path's first d segments taken, so each is entered at most once a look-up, and a
 * look-up enters at most two children of a node. What a client sends chooses among these nodes and
 * never multiplies them.
 */
final class PathTrie {
  private final OctetTable<PathTrie> literals = new OctetTable<>();
  private @Nullable PathTrie parameter;
  private @Nullable Candidates here;
  private @Nullable Candidates rest;

  /** Enters a route; only while the table is built. */
  void add(PathTemplate template, RouteConditions route) {
    PathTrie node = this;
    for (PathTemplate.Segment segment : template.segments()) {
      node =
          switch (segment) {
            case PathTemplate.Segment.Literal literal ->
                node.child(PercentText.octets(literal.text()));
            case PathTemplate.Segment.Parameter ignored -> {
              PathTrie next = node.parameter;
              if (next == null) {
                next = new PathTrie();
                node.parameter = next;
              }
              yield next;
            }
          };
    }
    if (template.rest()) {
      node.rest = node.rest == null ? new Candidates(route) : node.rest.with(route);
    } else {
      node.here = node.here == null ? new Candidates(route) : node.here.with(route);
    }
  }

  /**
   * Looks for the most specific route that takes the request from here on.
   *
   * @param at the slash ahead of the next segment, or the path's length when none is left
   * @param values parameters taken so far
   */
  boolean match(RouteLookup lookup, int at, int values) {
    lookup.visits++;
    String path = lookup.path;
    if (at == path.length()) {
      return (here != null && here.match(lookup, values))
          || (rest != null && takeRest(rest, lookup, at, values));
    }
    int from = at + 1;
    int to = path.indexOf('/', from);
    if (to < 0) {
      to = path.length();
    }
    PathTrie literal = literals.find(path, from, to);
    if (literal != null && literal.match(lookup, to, values)) {
      return true;
    }
    if (parameter != null && to > from) {
      lookup.span(values, from, to);
      if (parameter.match(lookup, to, values + 1)) {
        return true;
      }
    }
    return rest != null && takeRest(rest, lookup, from, values);
  }

  private static boolean takeRest(Candidates rest, RouteLookup lookup, int from, int values) {
    lookup.span(values, from, lookup.path.length());
    return rest.match(lookup, values + 1);
  }

  /** All groups of routes whose path takes this one, most specific first. */
  void collect(String path, int at, List<Candidates> found) {
    if (at == path.length()) {
      if (here != null) {
        found.add(here);
      }
    } else {
      int slash = path.indexOf('/', at + 1);
      int to = slash < 0 ? path.length() : slash;
      PathTrie literal = literals.find(path, at + 1, to);
      if (literal != null) {
        literal.collect(path, to, found);
      }
      if (parameter != null && to > at + 1) {
        parameter.collect(path, to, found);
      }
    }
    if (rest != null) {
      found.add(rest);
    }
  }

  private PathTrie child(byte[] key) {
    PathTrie child = literals.find(key);
    if (child == null) {
      child = new PathTrie();
      literals.put(key, child);
    }
    return child;
  }

  /**
   * Routes of one host and one path shape, those with more conditions first, then in the order of
   * the file.
   */
  static final class Candidates {
    private RouteConditions[] routes;

    Candidates(RouteConditions first) {
      routes = new RouteConditions[] {first};
    }

    Candidates with(RouteConditions route) {
      List<RouteConditions> all = new ArrayList<>(List.of(routes));
      all.add(route);
      all.sort((one, other) ->
          one.count() != other.count()
              ? Integer.compare(other.count(), one.count())
              : Integer.compare(one.order(), other.order()));
      routes = all.toArray(new RouteConditions[0]);
      return this;
    }

    RouteConditions[] routes() {
      return routes;
    }

    boolean match(RouteLookup lookup, int values) {
      RouteConditions found = RouteConditions.first(routes, lookup);
      if (found == null) {
        return false;
      }
      lookup.found(found.route(), values);
      return true;
    }
  }
}
