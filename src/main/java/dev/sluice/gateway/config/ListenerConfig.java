package dev.sluice.gateway.config;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One socket that takes clients' connections.
 *
 * @param name its key in the file
 * @param address default 0.0.0.0; an IPv6 address, or {@code unix:path}
 * @param port 0 is any free one; without meaning for unix sockets
 * @param h2c whether cleartext HTTP/2 with prior knowledge is taken
 * @param tls null for cleartext
 * @param trustedProxies peers whose forwarded headers, request ids and PROXY headers are believed
 * @param proxyProtocol whether each connection begins with a PROXY protocol header, v1 or v2
 * @param use names of policies ahead of every route's, after the global ones
 * @param maxRequests requests after which a connection is closed; 0 for no bound
 * @param maxAge age after which a connection is closed at its next answer; null for no bound
 * @param limits bounds of heads, waits and HTTP/2
 */
public record ListenerConfig(
    String name,
    String address,
    int port,
    boolean h2c,
    @Nullable TlsConfig tls,
    List<Cidr> trustedProxies,
    boolean proxyProtocol,
    List<String> use,
    int maxRequests,
    @Nullable Duration maxAge,
    Limits limits) {
  public ListenerConfig {
    trustedProxies = List.copyOf(trustedProxies);
    use = List.copyOf(use);
  }

  /**
   * Bounds of one listener; each is a key of the listener itself.
   *
   * @param headerTimeout from a request's first byte (a connection's opening) to the end of its
   *     head; default 10 s
   * @param bodyIdle no byte of a request's body; default 30 s
   * @param keepAlive between requests; default 75 s
   * @param maxHeaderBytes default 32 KiB
   * @param maxHeaders default 100
   * @param maxRequestLine default 8 KiB
   * @param http2Streams concurrent streams a connection; default 100
   * @param http2Resets resets by the client within {@code http2ResetWindow} before GOAWAY; default
   *     200
   * @param http2ResetWindow default 30 s
   */
  public record Limits(
      Duration headerTimeout,
      Duration bodyIdle,
      Duration keepAlive,
      int maxHeaderBytes,
      int maxHeaders,
      int maxRequestLine,
      int http2Streams,
      int http2Resets,
      Duration http2ResetWindow) {}
}
