package dev.sluice.gateway.upstream.kubernetes;

import io.fabric8.kubernetes.api.model.discovery.v1.Endpoint;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointConditions;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointPort;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.vertx.core.net.SocketAddress;
import java.net.InetAddress;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The EndpointSlices of one service, and which endpoints they mean: all that are ready; when none
 * is, those that still serve while they terminate, as kube-proxy does. Under a lock of its own.
 *
 * @see <a href="https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/">
 *     EndpointSlices</a>
 */
final class Slices {
  /** IPv4 first, then by text: the same list gives the same order, whatever slices it came in. */
  private static final Comparator<Place> ORDER =
      Comparator.<Place, Boolean>comparing(place -> place.address.indexOf(':') >= 0)
          .thenComparing(Place::address)
          .thenComparingInt(Place::port);

  private record Place(String address, int port) {}

  /**
   * What they mean.
   *
   * @param draining endpoints that serve what they have and get nothing new
   * @param otherPorts the ports that are there when the wanted one is not; else empty
   */
  record Meaning(List<SocketAddress> sockets, int draining, SortedSet<String> otherPorts) {}

  private final String port;
  private final Map<String, EndpointSlice> slices = new HashMap<>();

  /**
   * @param port name or number
   */
  Slices(String port) {
    this.port = port;
  }

  /** These are all. */
  synchronized void replace(List<EndpointSlice> all) {
    slices.clear();
    all.forEach(this::put);
  }

  /** This one is new or has changed. */
  synchronized void put(EndpointSlice slice) {
    slices.put(slice.getMetadata().getName(), slice);
  }

  /** This one is no more. */
  synchronized void remove(EndpointSlice slice) {
    slices.remove(slice.getMetadata().getName());
  }

  synchronized Meaning meaning() {
    SortedSet<Place> ready = new TreeSet<>(ORDER);
    SortedSet<Place> leaving = new TreeSet<>(ORDER);
    SortedSet<String> others = new TreeSet<>();
    boolean there = false;
    for (EndpointSlice slice : slices.values()) {
      if (!List.of("IPv4", "IPv6").contains(slice.getAddressType())) {
        continue; // names: nothing makes such slices but old custom controllers
      }
      Integer number = number(slice.getPorts(), others);
      if (number == null) {
        continue;
      }
      there = true;
      for (Endpoint endpoint : slice.getEndpoints()) {
        sort(endpoint, number, ready, leaving);
      }
    }
    leaving.removeAll(ready); // an endpoint on its way from one slice to another stands in both
    if (there) {
      others.clear();
    }
    return new Meaning(
        (ready.isEmpty() ? leaving : ready)
            .stream()
                .map(place -> SocketAddress.inetSocketAddress(place.port, place.address))
                .toList(),
        leaving.size(),
        others);
  }

  private static void sort(
      Endpoint endpoint, int number, SortedSet<Place> ready, SortedSet<Place> leaving) {
    if (endpoint.getAddresses().isEmpty()) {
      return;
    }
    // More than one would stand for the same pod; Kubernetes itself gives one.
    String address = address(endpoint.getAddresses().getFirst());
    if (address == null) {
      return;
    }
    EndpointConditions conditions = endpoint.getConditions();
    // The API's words: unknown readiness counts as ready, unknown serving as readiness.
    boolean isReady = conditions == null || !Boolean.FALSE.equals(conditions.getReady());
    if (isReady) {
      ready.add(new Place(address, number));
    } else if (Boolean.TRUE.equals(conditions.getServing())
        && Boolean.TRUE.equals(conditions.getTerminating())) {
      leaving.add(new Place(address, number));
    }
  }

  /** In its one way to be written; null for what is none. */
  private static @Nullable String address(String text) {
    try {
      return InetAddress.ofLiteral(text).getHostAddress();
    } catch (IllegalArgumentException none) {
      return null; // a slice that the API server has not checked: the others are of use
    }
  }

  /** The wanted port in one slice; else null, and those that are there are among the others. */
  private @Nullable Integer number(List<EndpointPort> ports, SortedSet<String> others) {
    boolean byNumber = Character.isDigit(port.charAt(0)) && port.chars().allMatch(c -> c <= '9');
    if (ports.isEmpty() && byNumber) {
      return Integer.valueOf(port); // a headless service without ports: every port is open
    }
    for (EndpointPort each : ports) {
      if (!Objects.requireNonNullElse(each.getProtocol(), "TCP").equals("TCP")) {
        continue;
      }
      Integer number = each.getPort();
      if (port.equals(each.getName()) || (byNumber && port.equals(String.valueOf(number)))) {
        if (number != null) {
          return number;
        }
      } else if (number == null && byNumber) {
        return Integer.valueOf(port);
      }
      String name = Objects.requireNonNullElse(each.getName(), "");
      others.add(name.isEmpty() ? String.valueOf(number) : name + "=" + number);
    }
    return null;
  }
}
