package dev.sluice.gateway.route;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Path tries by host. A host comes before a path: any route of the exact host goes ahead of all
 * those of wildcards, these, longest suffix first, ahead of those without a host. {@code
 * *.example.org} takes one label or more ahead of the suffix and never {@code example.org} itself.
 */
final class HostIndex {
  private final Map<String, PathTrie> exact = new HashMap<>();
  private final OctetTable<PathTrie> suffixes = new OctetTable<>();
  private int longestSuffix;
  private final PathTrie any = new PathTrie();

  /** Enters a route; only while the table is built. */
  void add(List<String> hosts, PathTemplate path, RouteConditions route) {
    if (hosts.isEmpty()) {
      any.add(path, route);
      return;
    }
    for (String host :
        hosts.stream().map(each -> each.toLowerCase(Locale.ROOT)).distinct().toList()) {
      if (host.startsWith("*.")) {
        suffix(host.substring(2)).add(path, route);
      } else if (host.equals("*")) {
        any.add(path, route);
      } else {
        exact.computeIfAbsent(host, ignored -> new PathTrie()).add(path, route);
      }
    }
  }

  boolean match(RouteLookup lookup) {
    PathTrie own = exact.get(lookup.host);
    return (own != null && own.match(lookup, 0, 0))
        || (longestSuffix > 0 && matchSuffix(lookup))
        || any.match(lookup, 0, 0);
  }

  /**
   * From the left, so the longest suffix first; suffixes longer than any that is known are not
   * hashed.
   */
  private boolean matchSuffix(RouteLookup lookup) {
    String host = lookup.host;
    for (int dot = host.indexOf('.', Math.max(1, host.length() - longestSuffix - 1));
        dot >= 0;
        dot = host.indexOf('.', dot + 1)) {
      lookup.visits++;
      PathTrie trie = suffixes.find(host, dot + 1, host.length());
      if (trie != null && trie.match(lookup, 0, 0)) {
        return true;
      }
    }
    return false;
  }

  /** All groups whose host and path take this request, most specific first. */
  List<PathTrie.Candidates> collect(String host, String path) {
    List<PathTrie.Candidates> found = new ArrayList<>();
    PathTrie own = exact.get(host);
    if (own != null) {
      own.collect(path, 0, found);
    }
    for (int dot = host.indexOf('.', 1); dot >= 0; dot = host.indexOf('.', dot + 1)) {
      PathTrie trie = suffixes.find(host, dot + 1, host.length());
      if (trie != null) {
        trie.collect(path, 0, found);
      }
    }
    any.collect(path, 0, found);
    return found;
  }

  /** Whether one of a route's hosts takes this host; an empty list takes all. */
  static boolean takes(List<String> hosts, String host) {
    if (hosts.isEmpty()) {
      return true;
    }
    for (String each : hosts) {
      int length = each.length() - 1;
      if (each.equals("*")
          || each.equalsIgnoreCase(host)
          || (each.startsWith("*.")
              && host.length() > length
              && host.regionMatches(true, host.length() - length, each, 1, length))) {
        return true;
      }
    }
    return false;
  }

  private PathTrie suffix(String suffix) {
    byte[] key = PercentText.octets(suffix);
    PathTrie trie = suffixes.find(key);
    if (trie == null) {
      trie = new PathTrie();
      suffixes.put(key, trie);
      longestSuffix = Math.max(longestSuffix, suffix.length());
    }
    return trie;
  }
}
