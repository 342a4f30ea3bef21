package dev.sluice.gateway.config;

import static dev.sluice.gateway.config.Values.BOOLEAN;
import static dev.sluice.gateway.config.Values.count;
import static dev.sluice.gateway.config.Values.duration;
import static dev.sluice.gateway.config.Values.size;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The keys of a listener. */
final class ListenerBlock {
  /** A reference to a policy. */
  static final Scalar<String> POLICY = reference(Names.Kind.POLICY);

  private static final Key<Path> CERT =
      Key.required("cert", PemFiles.PATH, "The certificate and its chain, a PEM file.");
  private static final Key<Path> KEY =
      Key.required("key", PemFiles.PATH, "The private key, a PEM file without passphrase.");
  private static final Block<TlsConfig.KeyPair> PAIR =
      new Block<>(
          "certificate",
          "A certificate and its key. Both files are read again when they change.",
          List.of(CERT, KEY),
          fields -> {
            PemFiles.pair(
                fields.value(CERT),
                fields.at(CERT),
                fields.value(KEY),
                fields.at(KEY),
                fields.reading());
            return new TlsConfig.KeyPair(fields.value(CERT), fields.value(KEY));
          });

  private static final Key<List<TlsConfig.KeyPair>> CERTIFICATES =
      Key.required(
          "certificates",
          Shapes.some(PAIR),
          "At least one; chosen by the names in the certificates (SNI), the first where none"
              + " fits.");
  private static final Key<String> MIN =
      Key.of(
          "min",
          Values.choice(Values.words(Map.entry("1.2", "1.2"), Map.entry("1.3", "1.3"))),
          "\"1.2\"",
          "The lowest version of TLS.");
  private static final Key<List<String>> CIPHERS =
      Key.of(
          "ciphers",
          Shapes.list(Values.LINE),
          "[]",
          "Cipher suites; empty for the library's own list.");
  private static final Key<Path> CLIENT_CA =
      Key.optional(
          "clientCa",
          PemFiles.PATH,
          "Authorities that clients' certificates must come from; asks for one.");
  private static final Block<TlsConfig> TLS =
      new Block<>(
          "listener tls",
          "TLS of a listener; HTTP/2 is offered by ALPN.",
          List.of(CERTIFICATES, MIN, CIPHERS, CLIENT_CA),
          fields -> {
            Path ca = fields.optional(CLIENT_CA);
            if (ca != null) {
              PemFiles.certificates(ca, fields.at(CLIENT_CA), fields.reading());
            }
            return new TlsConfig(
                fields.value(CERTIFICATES), fields.value(MIN), fields.value(CIPHERS), ca);
          });

  private static final Key<Integer> STREAMS =
      Key.of("streams", count(1, 1_000_000), "100", "Concurrent streams a connection.");
  private static final Key<Integer> RESETS =
      Key.of(
          "resets",
          count(1, 1_000_000_000),
          "200",
          "Resets by the client within the window before GOAWAY.");
  private static final Key<Duration> RESET_WINDOW =
      Key.of("resetWindow", duration("1s", "1h"), "30s", "The window in which resets are counted.");

  /** The HTTP/2 bounds. */
  private record Http2(int streams, int resets, Duration window) {}

  private static final Block<Http2> HTTP2_BLOCK =
      new Block<>(
          "listener http2",
          "Bounds of HTTP/2 connections.",
          List.of(STREAMS, RESETS, RESET_WINDOW),
          fields ->
              new Http2(fields.value(STREAMS), fields.value(RESETS), fields.value(RESET_WINDOW)));

  private static final Key<String> ADDRESS =
      Key.of(
          "address",
          Network.BIND,
          "0.0.0.0",
          "Where to listen; `unix:path` for a socket in the file system.");
  private static final Key<Integer> PORT =
      Key.optional(
          "port",
          count(0, 65_535),
          "The port; 0 is any free one. Required unless the address is a `unix:` one.");
  private static final Key<Boolean> H2C =
      Key.of(
          "h2c", BOOLEAN, "false", "Whether HTTP/2 without TLS is taken (with prior knowledge).");
  private static final Key<TlsConfig> TLS_KEY = Key.optional("tls", TLS, "Switches TLS on.");
  private static final Key<List<Cidr>> TRUSTED =
      Key.of(
          "trustedProxies",
          Shapes.list(Network.CIDR),
          "[]",
          "Peers whose forwarded headers, request ids and PROXY headers are believed.");
  private static final Key<Boolean> PROXY =
      Key.of(
          "proxyProtocol",
          BOOLEAN,
          "false",
          "Whether each connection begins with a PROXY protocol header (v1 or v2).");
  private static final Key<List<String>> USE =
      Key.of(
          "use",
          Shapes.list(POLICY),
          "[]",
          "Policies ahead of every route's, after the global ones.");
  private static final Key<Integer> MAX_REQUESTS =
      Key.optional(
          "maxRequests",
          count(1, 1_000_000_000),
          "Requests after which a connection is closed; no bound without it.");
  private static final Key<Duration> MAX_AGE =
      Key.optional(
          "maxAge",
          duration("1s", "30d"),
          "Age after which a connection is closed at its next answer; no bound without it.");
  private static final Key<Duration> HEADER_TIMEOUT =
      Key.of(
          "headerTimeout",
          duration("100ms", "10m"),
          "10s",
          "To the end of a request's head, from its first byte or the connection's opening.");
  private static final Key<Duration> BODY_IDLE =
      Key.of(
          "bodyIdle",
          duration("100ms", "1h"),
          "30s",
          "Longest time without a byte of a request's body.");
  private static final Key<Duration> KEEP_ALIVE =
      Key.of(
          "keepAlive",
          duration("100ms", "1d"),
          "75s",
          "Longest time between two requests of a connection.");
  private static final Key<Long> MAX_HEADER_SIZE =
      Key.of("maxHeaderSize", size("1KiB", "1MiB"), "32KiB", "All headers of a request together.");
  private static final Key<Integer> MAX_HEADERS =
      Key.of("maxHeaders", count(1, 10_000), "100", "Number of headers of a request.");
  private static final Key<Long> MAX_REQUEST_LINE =
      Key.of("maxRequestLine", size("256B", "1MiB"), "8KiB", "Length of the request line.");
  private static final Key<Http2> HTTP2 = Key.of("http2", HTTP2_BLOCK, "{}", "Bounds of HTTP/2.");

  static final Block<Function<String, ListenerConfig>> BLOCK =
      new Block<>(
          "listener",
          "A socket that takes clients' connections.",
          List.of(
              ADDRESS,
              PORT,
              H2C,
              TLS_KEY,
              TRUSTED,
              PROXY,
              USE,
              MAX_REQUESTS,
              MAX_AGE,
              HEADER_TIMEOUT,
              BODY_IDLE,
              KEEP_ALIVE,
              MAX_HEADER_SIZE,
              MAX_HEADERS,
              MAX_REQUEST_LINE,
              HTTP2),
          ListenerBlock::make);

  private ListenerBlock() {}

  static Scalar<String> reference(Names.Kind kind) {
    return Values.TEXT
        .then((text, at, reading) -> {
          reading.names().refer(kind, text, at);
          return text.value();
        })
        .named("name of " + (kind == Names.Kind.UPSTREAM ? "an " : "a ") + kind.word);
  }

  private static @Nullable Function<String, ListenerConfig> make(Fields fields) {
    boolean unix = fields.value(ADDRESS).startsWith("unix:");
    if (!unix && !fields.has(PORT)) {
      fields.reading().problem(fields.at(), "listener needs the key 'port'");
    }
    if (unix && fields.has(PORT)) {
      fields.problem(PORT, "port: an address that is a unix: path has no port");
    }
    if (fields.value(H2C) && fields.has(TLS_KEY)) {
      fields.problem(H2C, "h2c: is for cleartext; with tls HTTP/2 is offered anyway");
    }
    if (fields.value(PROXY) && fields.value(TRUSTED).isEmpty() && !fields.has(TRUSTED)) {
      fields.problem(
          PROXY, "proxyProtocol: needs trustedProxies, the peers whose PROXY headers are believed");
    }
    String address = fields.value(ADDRESS);
    if (unix) {
      Path base =
          fields
              .reading()
              .sources()
              .path(fields.at(ADDRESS).getStartMark().orElseThrow().getName());
      address = Network.absoluteUnix(address, base);
    }
    int port = fields.or(PORT, 0);
    fields
        .reading()
        .names()
        .bind(address, port, fields.has(PORT) ? fields.at(PORT) : fields.at(ADDRESS));
    Http2 http2 = fields.value(HTTP2);
    ListenerConfig.Limits limits =
        new ListenerConfig.Limits(
            fields.value(HEADER_TIMEOUT),
            fields.value(BODY_IDLE),
            fields.value(KEEP_ALIVE),
            Math.toIntExact(fields.value(MAX_HEADER_SIZE)),
            fields.value(MAX_HEADERS),
            Math.toIntExact(fields.value(MAX_REQUEST_LINE)),
            http2.streams(),
            http2.resets(),
            http2.window());
    String bound = address;
    return name ->
        new ListenerConfig(
            name,
            bound,
            port,
            fields.value(H2C),
            fields.optional(TLS_KEY),
            fields.value(TRUSTED),
            fields.value(PROXY),
            fields.value(USE),
            fields.or(MAX_REQUESTS, 0),
            fields.optional(MAX_AGE),
            limits);
  }
}
