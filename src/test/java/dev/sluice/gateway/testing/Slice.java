package dev.sluice.gateway.testing;

import io.fabric8.kubernetes.api.model.discovery.v1.EndpointConditionsBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSliceBuilder;

/** EndpointSlices of the service {@code users} in the namespace {@code shop}. */
public final class Slice {
  private final EndpointSliceBuilder slice;

  private Slice(String name, String type) {
    slice =
        new EndpointSliceBuilder()
            .withNewMetadata()
            .withName(name)
            .withNamespace("shop")
            .addToLabels("kubernetes.io/service-name", "users")
            .endMetadata()
            .withAddressType(type);
  }

  /** A slice of IPv4 addresses. */
  public static Slice four(String name) {
    return new Slice(name, "IPv4");
  }

  /** A slice of IPv6 addresses. */
  public static Slice six(String name) {
    return new Slice(name, "IPv6");
  }

  /** A slice with one port called http and one ready endpoint. */
  public static EndpointSlice of(String name, String address, int port) {
    return four(name).port("http", port).ready(address).build();
  }

  public Slice service(String name) {
    slice.editMetadata().addToLabels("kubernetes.io/service-name", name).endMetadata();
    return this;
  }

  public Slice port(String name, int number) {
    slice.addNewPort().withName(name).withPort(number).withProtocol("TCP").endPort();
    return this;
  }

  public Slice udp(String name, int number) {
    slice.addNewPort().withName(name).withPort(number).withProtocol("UDP").endPort();
    return this;
  }

  public Slice ready(String address) {
    return endpoint(address, true, true, false);
  }

  public Slice starting(String address) {
    return endpoint(address, false, false, false);
  }

  public Slice draining(String address) {
    return endpoint(address, false, true, true);
  }

  public Slice dying(String address) {
    return endpoint(address, false, false, true);
  }

  /** One of which nothing is known but its address. */
  public Slice unknown(String address) {
    slice.addNewEndpoint().withAddresses(address).endEndpoint();
    return this;
  }

  private Slice endpoint(String address, boolean ready, boolean serving, boolean terminating) {
    slice
        .addNewEndpoint()
        .withAddresses(address)
        .withConditions(
            new EndpointConditionsBuilder()
                .withReady(ready)
                .withServing(serving)
                .withTerminating(terminating)
                .build())
        .endEndpoint();
    return this;
  }

  public EndpointSlice build() {
    return slice.build();
  }
}
