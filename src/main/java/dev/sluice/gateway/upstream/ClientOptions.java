package dev.sluice.gateway.upstream;

import dev.sluice.gateway.config.UpstreamConfig;
import dev.sluice.gateway.config.UpstreamConfig.Protocol;
import dev.sluice.gateway.config.UpstreamConfig.Source;
import dev.sluice.gateway.config.UpstreamConfig.UpstreamTls;
import io.vertx.core.http.Http2Settings;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpConnectOptions;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.OpenSSLEngineOptions;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** An upstream's settings in the words of Vert.x. */
final class ClientOptions {
  /** Vert.x copies each chunk alone; its default of 8 KiB makes large bodies cost twice. */
  private static final int CHUNK_BYTES = 64 * 1024;

  private static final int HEADER_BYTES = 64 * 1024;
  private static final int STREAM_WINDOW = 1024 * 1024;
  private static final int CONNECTION_WINDOW = 16 * 1024 * 1024;

  private ClientOptions() {}

  static HttpClientOptions http(UpstreamConfig config) {
    return http(config, config.protocol());
  }

  /** The same with another protocol than the upstream's own. */
  static HttpClientOptions http(UpstreamConfig config, Protocol protocol) {
    int connectMillis = Math.toIntExact(Math.max(1, config.pool().connect().toMillis()));
    HttpClientOptions options =
        new HttpClientOptions()
            .setConnectTimeout(connectMillis)
            .setKeepAlive(true)
            .setKeepAliveTimeout(0)
            .setIdleTimeout(0)
            .setPipelining(false)
            .setDecompressionSupported(false)
            .setMaxChunkSize(CHUNK_BYTES)
            .setMaxHeaderSize(HEADER_BYTES)
            .setMaxInitialLineLength(HEADER_BYTES)
            .setHttp2ClearTextUpgrade(false)
            .setHttp2ConnectionWindowSize(CONNECTION_WINDOW)
            .setInitialSettings(
                new Http2Settings()
                    .setInitialWindowSize(STREAM_WINDOW)
                    .setPushEnabled(false)
                    .setMaxHeaderListSize(HEADER_BYTES))
            .setTcpNoDelay(true);
    boolean http2 = protocol == Protocol.HTTP2;
    options.setProtocolVersion(http2 ? HttpVersion.HTTP_2 : HttpVersion.HTTP_1_1);
    UpstreamTls tls = config.tls();
    if (tls != null) {
      options.setSsl(true).setUseAlpn(http2).setForceSni(named(config, tls));
      options
          // The pool's own clock says when it is too late; this one only ends what it gave up.
          .setSslHandshakeTimeout(2L * connectMillis)
          .setSslHandshakeTimeoutUnit(TimeUnit.MILLISECONDS);
      options.setTrustAll(!tls.verify()).setVerifyHost(tls.verify());
      if (http2) {
        options.setAlpnVersions(List.of(HttpVersion.HTTP_2));
      }
      if (OpenSSLEngineOptions.isAvailable()) {
        options.setSslEngineOptions(new OpenSSLEngineOptions());
      }
      if (tls.ca() != null) {
        options.setTrustOptions(new PemTrustOptions().addCertPath(tls.ca().toString()));
      }
      if (tls.cert() != null && tls.key() != null) {
        options.setKeyCertOptions(keys(tls.cert(), tls.key()));
      }
    }
    return options;
  }

  /** Whether each endpoint is known by a name; an address has no place in SNI (RFC 6066 §3). */
  private static boolean named(UpstreamConfig config, UpstreamTls tls) {
    return tls.serverName() != null
        || switch (config.source()) {
          case Source.Dns dns -> true;
          case Source.Embedded embedded -> false;
          case Source.Kubernetes service -> true;
          case Source.Endpoints given ->
              given.endpoints().stream().noneMatch(address -> Names.literal(address.host()));
        };
  }

  /**
   * Points a connection or a request at an endpoint, under the name that TLS asks for and proves.
   */
  static <O extends HttpConnectOptions> O aim(O options, UpstreamConfig config, Endpoint endpoint) {
    boolean inet = endpoint.address().isInetSocket();
    UpstreamTls tls = config.tls();
    String name = tls == null ? null : tls.serverName();
    options
        .setServer(endpoint.address())
        .setHost(name != null ? name : inet ? endpoint.host() : "localhost")
        .setPort(inet ? endpoint.address().port() : 80);
    return options;
  }

  private static PemKeyCertOptions keys(Path cert, Path key) {
    return new PemKeyCertOptions().addCertPath(cert.toString()).addKeyPath(key.toString());
  }
}
