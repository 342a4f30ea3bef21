package dev.sluice.gateway;

import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The packages below {@code dev.sluice.gateway} and who may import whom: lower layers only, never
 * sideways. A room is a package path such as {@code filter.limit}; the root package is the empty
 * path.
 */
final class Rooms {
  static final String ROOT = "dev.sluice.gateway";

  /** Imported by every room; imports none. */
  private static final String BASE = "failure";

  /** Netty handlers: beside the layers, with a list of its own in both directions. */
  private static final String WIRE = "wire";

  private static final Set<String> WIRE_IMPORTS = Set.of("failure", "http", "resilience", "config");
  private static final Set<String> WIRE_USERS = Set.of("server", "assemble", "");

  private static final Map<String, Integer> LAYERS =
      Map.ofEntries(
          Map.entry("http", 0),
          Map.entry("resilience", 0),
          Map.entry("config", 1),
          Map.entry("database", 2),
          Map.entry("exchange", 1),
          Map.entry("offload", 1),
          Map.entry("cluster", 2),
          Map.entry("embedded", 2),
          Map.entry("filter", 2),
          Map.entry("observe", 2),
          Map.entry("takeover", 2),
          Map.entry("upstream", 2),
          Map.entry("quota", 3),
          Map.entry("rollout", 3),
          Map.entry("route", 3),
          Map.entry("compose", 4),
          Map.entry("jobs", 4),
          Map.entry("proxy", 4),
          Map.entry("respond", 4),
          Map.entry("script", 4),
          Map.entry("sql", 4),
          Map.entry("assemble", 5),
          Map.entry("admin", 6),
          Map.entry("server", 6),
          Map.entry("", 7),
          Map.entry("cli", 7));

  private static final Map<String, Set<String>> ALLOWED =
      Map.of(
          // The settings of bodies and timeouts are read into records of config; exchange takes
          // them as they are. docs/adr/0003-exchange-reads-settings.md
          "exchange", Set.of("config"),
          // What users see of a job is a room of its own. docs/adr/0014-jobs.md
          "jobs", Set.of("jobs.api"),
          "jobs.builtin", Set.of("jobs.api"),
          // One start and stop: the command starts a gateway, and nothing else is above both.
          "cli", Set.of(""),
          "", Set.of("cli"));

  private Rooms() {}

  /** The room of a package of ours, or null for a package of somebody else. */
  static @Nullable String of(String packageName) {
    if (packageName.equals(ROOT)) {
      return "";
    }
    return packageName.startsWith(ROOT + ".") ? packageName.substring(ROOT.length() + 1) : null;
  }

  /** Whether the room has its place in the layers. */
  static boolean known(String room) {
    return room.equals(BASE) || room.equals(WIRE) || LAYERS.containsKey(house(room));
  }

  /** The layer, 0 to 7; a sub-package is on its parent's. */
  static int layer(String room) {
    Integer layer = LAYERS.get(house(room));
    if (layer == null) {
      throw new IllegalArgumentException(room + " has no layer: give it one in Rooms");
    }
    return layer;
  }

  /** Whether a class in one room may use a class in the other. */
  static boolean mayUse(String from, String to) {
    if (from.equals(to) || to.equals(BASE)) {
      return true;
    }
    if (from.equals(BASE)) {
      return false;
    }
    if (from.equals(WIRE)) {
      return WIRE_IMPORTS.contains(to);
    }
    if (to.equals(WIRE)) {
      return WIRE_USERS.contains(from);
    }
    return layer(to) < layer(from)
        || (!to.isEmpty() && from.startsWith(to + "."))
        || ALLOWED.getOrDefault(from, Set.of()).contains(to);
  }

  private static String house(String room) {
    int dot = room.indexOf('.');
    return dot < 0 ? room : room.substring(0, dot);
  }
}
