package dev.sluice.gateway.config;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.nodes.Node;

/** What one configuration declares and refers to: names, and sockets to be bound. One thread. */
final class Names {
  /** What a name can stand for. */
  enum Kind {
    UPSTREAM("upstream"),
    DATABASE("database"),
    POLICY("policy"),
    LISTENER("listener"),
    ROUTE("route");

    final String word;

    Kind(String word) {
      this.word = word;
    }
  }

  private record Reference(Kind kind, Reading.Text name, Node at) {}

  private record Socket(String address, int port, Node at) {}

  private static final Set<String> WILDCARDS = Set.of("0.0.0.0", "::");

  private final Reading reading;
  private final Map<Kind, Map<String, Node>> declared = new LinkedHashMap<>();
  private final List<Reference> references = new ArrayList<>();
  private final List<Socket> sockets = new ArrayList<>();

  Names(Reading reading) {
    this.reading = reading;
  }

  void declare(Kind kind, String name, Node at) {
    Node first =
        declared.computeIfAbsent(kind, unused -> new LinkedHashMap<>()).putIfAbsent(name, at);
    if (first != null) {
      reading.problem(
          at,
          "duplicate "
              + kind.word
              + " '"
              + name
              + "'; the first stands at "
              + Reading.position(first));
    }
  }

  void refer(Kind kind, Reading.Text name, Node at) {
    references.add(new Reference(kind, name, at));
  }

  /**
   * Checks all references once everything is read; names that nothing uses are warnings.
   *
   * @param partly whether the routing part is not there: only names of databases can be checked
   */
  void resolve(boolean partly) {
    Map<Kind, Set<String>> used = new LinkedHashMap<>();
    for (Reference reference : references) {
      if (partly && reference.kind != Kind.DATABASE) {
        continue;
      }
      Map<String, Node> known = Objects.requireNonNullElse(declared.get(reference.kind), Map.of());
      used.computeIfAbsent(reference.kind, unused -> new LinkedHashSet<>())
          .add(reference.name.value());
      if (!known.containsKey(reference.name.value())) {
        String near =
            reference.name.substituted()
                ? ""
                : Nearest.suggestion(reference.name.value(), known.keySet());
        reading.problem(
            reference.at,
            "unknown " + reference.kind.word + " " + Reading.shown(reference.name) + near);
      }
    }
    if (partly) {
      return;
    }
    for (Kind kind : List.of(Kind.UPSTREAM, Kind.DATABASE, Kind.POLICY)) {
      Objects.requireNonNullElse(declared.get(kind), Map.<String, Node>of())
          .forEach((name, at) -> {
            if (!Objects.requireNonNullElse(used.get(kind), Set.of()).contains(name)) {
              reading.warn(at, kind.word + " '" + name + "' is not used");
            }
          });
    }
  }

  /** Notes a socket to be bound; a second one on the same address and port is a problem. */
  void bind(String address, int port, Node at) {
    Socket other = other(address, port);
    if (other != null) {
      String where = address.startsWith("unix:") ? address : "port " + port;
      reading.problem(
          at, where + " is taken already by the listener at " + Reading.position(other.at));
    }
    sockets.add(new Socket(address, port, at));
    reading.sources().bind(address, port, Reading.position(at));
  }

  /** The same for the admin listener where the file does not speak of it. */
  void bindStandardAdmin(String address, int port) {
    Socket other = other(address, port);
    if (other != null) {
      reading.problem(
          other.at,
          "port "
              + port
              + " is the admin listener's default; move it: admin: {port: "
              + (port + 1)
              + "}");
    }
  }

  private @Nullable Socket other(String address, int port) {
    boolean unix = address.startsWith("unix:");
    for (Socket socket : sockets) {
      boolean any =
          !unix
              && !socket.address.startsWith("unix:")
              && (WILDCARDS.contains(address) || WILDCARDS.contains(socket.address));
      if (socket.port == port && (port != 0 || unix) && (any || socket.address.equals(address))) {
        return socket;
      }
    }
    return null;
  }
}
