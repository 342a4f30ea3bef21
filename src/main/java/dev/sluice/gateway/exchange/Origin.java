package dev.sluice.gateway.exchange;

import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.HostAndPort;
import io.vertx.core.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * The connection that an inner request speaks for.
 *
 * @param authority what its client asked for; null when it said nothing
 */
record Origin(
    @Nullable HostAndPort authority,
    @Nullable String scheme,
    SocketAddress remote,
    SocketAddress local,
    boolean ssl) {
  private static final SocketAddress HERE = SocketAddress.inetSocketAddress(0, "127.0.0.1");

  /** The gateway's own, where no client is there any more. */
  static final Origin OWN =
      new Origin(HostAndPort.authority("localhost"), "http", HERE, HERE, false);

  static Origin of(HttpServerRequest request) {
    return new Origin(
        request.authority(),
        request.scheme(),
        request.remoteAddress(),
        request.localAddress(),
        request.isSSL());
  }
}
