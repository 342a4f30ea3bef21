package dev.sluice.gateway.server;

import dev.sluice.gateway.config.ListenerConfig;
import dev.sluice.gateway.config.ListenerConfig.Limits;
import dev.sluice.gateway.config.TlsConfig;
import io.vertx.core.http.ClientAuth;
import io.vertx.core.http.Http2Settings;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.OpenSSLEngineOptions;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import io.vertx.core.net.ServerSSLOptions;
import io.vertx.core.net.SocketAddress;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** A listener's settings in the words of Vert.x. */
final class ListenerOptions {
  /**
   * Vert.x copies and flushes each chunk alone; its default of 8 KiB makes large bodies cost twice.
   */
  private static final int CHUNK_BYTES = 64 * 1024;

  private static final int BACKLOG = 4096;
  private static final int MOST_SHARED = Integer.MAX_VALUE - 1;
  private static final int HTTP2_STREAM_WINDOW = 256 * 1024;
  private static final int HTTP2_CONNECTION_WINDOW = 1024 * 1024;
  private static final int WEBSOCKET_CLOSING_SECONDS = 1;

  private ListenerOptions() {}

  static HttpServerOptions of(ListenerConfig config, int maxWebSocketFrame) {
    Limits limits = config.limits();
    HttpServerOptions options =
        new HttpServerOptions()
            .setHandle100ContinueAutomatically(false)
            .setCompressionSupported(false)
            .setDecompressionSupported(false)
            .setPerMessageWebSocketCompressionSupported(false)
            .setPerFrameWebSocketCompressionSupported(false)
            // The upstream chooses the sub-protocol; the bridge leaves only that one in the
            // request.
            .setWebSocketSubProtocols(List.of("*"))
            .setMaxWebSocketFrameSize(maxWebSocketFrame)
            .setMaxWebSocketMessageSize(Integer.MAX_VALUE)
            .setWebSocketClosingTimeout(WEBSOCKET_CLOSING_SECONDS)
            .setMaxInitialLineLength(limits.maxRequestLine())
            .setMaxHeaderSize(limits.maxHeaderBytes())
            .setMaxChunkSize(CHUNK_BYTES)
            .setHttp2ClearTextEnabled(config.h2c())
            .setHttp2ConnectionWindowSize(HTTP2_CONNECTION_WINDOW)
            .setHttp2RstFloodMaxRstFramePerWindow(limits.http2Resets())
            .setHttp2RstFloodWindowDuration(Math.toIntExact(limits.http2ResetWindow().toSeconds()))
            .setHttp2RstFloodWindowDurationTimeUnit(TimeUnit.SECONDS)
            .setInitialSettings(
                new Http2Settings()
                    .setMaxConcurrentStreams(limits.http2Streams())
                    .setInitialWindowSize(HTTP2_STREAM_WINDOW)
                    .setMaxHeaderListSize(limits.maxHeaderBytes())
                    .setPushEnabled(false))
            .setTcpNoDelay(true)
            .setReuseAddress(true)
            .setAcceptBacklog(BACKLOG)
            .setUseProxyProtocol(config.proxyProtocol())
            .setProxyProtocolTimeout(limits.headerTimeout().toMillis())
            .setProxyProtocolTimeoutUnit(TimeUnit.MILLISECONDS);
    TlsConfig tls = config.tls();
    if (tls != null) {
      options
          .setSsl(true)
          .setUseAlpn(true)
          .setAlpnVersions(List.of(HttpVersion.HTTP_2, HttpVersion.HTTP_1_1));
      if (OpenSSLEngineOptions.isAvailable()) {
        options.setSslEngineOptions(new OpenSSLEngineOptions());
      }
      options
          .setSni(true)
          .setKeyCertOptions(keys(tls))
          .setEnabledSecureTransportProtocols(protocols(tls))
          .setSslHandshakeTimeout(limits.headerTimeout().toMillis())
          .setSslHandshakeTimeoutUnit(TimeUnit.MILLISECONDS);
      tls.ciphers().forEach(options::addEnabledCipherSuite);
      if (tls.clientCa() != null) {
        options
            .setClientAuth(ClientAuth.REQUIRED)
            .setTrustOptions(new PemTrustOptions().addCertPath(tls.clientCa().toString()));
      }
    }
    return options;
  }

  /** What {@code HttpServer.updateSSLOptions} takes when only the TLS of a listener changed. */
  static ServerSSLOptions tls(ListenerConfig config, int maxWebSocketFrame) {
    return of(config, maxWebSocketFrame).getSslOptions();
  }

  /**
   * Where it listens; loops that share a free port ({@code port: 0}) find each other by the
   * listener's name.
   */
  static SocketAddress address(ListenerConfig config) {
    if (config.address().startsWith("unix:")) {
      return SocketAddress.domainSocketAddress(config.address().substring("unix:".length()));
    }
    return config.port() == 0
        ? SocketAddress.sharedRandomPort(
            1 + Math.floorMod(config.name().hashCode(), MOST_SHARED), config.address())
        : SocketAddress.inetSocketAddress(config.port(), config.address());
  }

  private static PemKeyCertOptions keys(TlsConfig tls) {
    PemKeyCertOptions keys = new PemKeyCertOptions();
    for (TlsConfig.KeyPair pair : tls.certificates()) {
      keys.addCertPath(pair.cert().toString()).addKeyPath(pair.key().toString());
    }
    return keys;
  }

  private static Set<String> protocols(TlsConfig tls) {
    Set<String> protocols = new LinkedHashSet<>();
    if (!"1.3".equals(tls.min())) {
      protocols.add("TLSv1.2");
    }
    protocols.add("TLSv1.3");
    return protocols;
  }
}
