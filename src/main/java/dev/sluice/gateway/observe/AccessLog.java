package dev.sluice.gateway.observe;

import dev.sluice.gateway.config.AccessLogConfig;
import dev.sluice.gateway.exchange.Exchange;
import dev.sluice.gateway.exchange.Observer;
import dev.sluice.gateway.exchange.RouteView;
import dev.sluice.gateway.failure.Failure;
import dev.sluice.gateway.resilience.Ticker;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpVersion;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The access log: one line an exchange, built on the exchange's loop in a reused array and written
 * by a thread of its own. Each loop has room for {@value #RING_BYTES} bytes; what finds no room is
 * dropped and counted.
 */
public final class AccessLog implements Observer, AutoCloseable {
  static final int RING_BYTES = 1 << 20;

  private final boolean json;
  private final List<LineRing> rings;
  private final LineBuffer[] buffers;
  private final LogWriter writer;

  /** Opens the log for loops numbered from 0; the first line opens the file. */
  public AccessLog(AccessLogConfig config, int loops, Ticker ticker) {
    this(config.format(), loops, LogWriter.target(config.to()), ticker);
  }

  AccessLog(AccessLogConfig.Format format, int loops, LogWriter.Target target, Ticker ticker) {
    this.json = format == AccessLogConfig.Format.JSON;
    this.rings = Stream.generate(() -> new LineRing(RING_BYTES)).limit(loops).toList();
    this.buffers =
        IntStream.range(0, loops).mapToObj(i -> new LineBuffer()).toArray(LineBuffer[]::new);
    this.writer = new LogWriter(rings, target, ticker);
  }

  @Override
  public void ended(Exchange exchange) {
    int loop = exchange.loop().index();
    LineBuffer line = buffers[loop].clear();
    if (json) {
      json(line, exchange);
    } else {
      text(line, exchange);
    }
    line.raw("\n");
    if (rings.get(loop).offer(line.bytes(), line.length())) {
      writer.wake();
    }
  }

  private static void json(LineBuffer line, Exchange e) {
    line.raw("{\"ts\":\"").time(e.startMillis()).raw("\"");
    string(line, "id", e.requestId(), 128);
    string(line, "traceparent", e.traceparent(), 128);
    string(line, "client", e.clientAddress(), 64);
    string(line, "listener", e.ingress().config().name(), 128);
    string(line, "method", e.method(), 32);
    string(line, "scheme", e.scheme(), 8);
    string(line, "host", e.host(), 256);
    string(line, "path", e.path(), 2048);
    String query = e.query();
    if (query != null) {
      line.raw(",\"query\":").quotedQuery(query, 1024);
    }
    string(line, "protocol", protocol(e.version()), 16);
    string(line, "userAgent", e.request().headers().get(HttpHeaders.USER_AGENT), 256);
    line.raw(",\"status\":").number(e.status());
    Failure failure = e.failure();
    string(line, "reason", failure == null ? null : failure.reason(), 64);
    string(line, "detail", e.failureDetail(), 512);
    RouteView route = e.route();
    string(line, "route", route == null ? null : route.name(), 128);
    Exchange outer = e.outer();
    RouteView within = outer == null ? null : outer.route();
    string(line, "within", within == null ? null : within.name(), 128);
    string(line, "upstream", e.upstream(), 128);
    string(line, "endpoint", e.endpoint(), 128);
    line.raw(",\"attempts\":").number(e.attempts());
    line.raw(",\"bytesIn\":").number(e.bytesIn()).raw(",\"bytesOut\":").number(e.bytesOut());
    line.raw(",\"aborted\":").raw(failure == Failure.CLIENT_GONE ? "true" : "false");
    line.raw(",\"timings\":{\"total\":")
        .millis(e.timeline().endNanos() - e.timeline().startNanos());
    span(line, "filters", e.timeline().startNanos(), e.timeline().forwardNanos());
    span(line, "connect", e.timeline().forwardNanos(), e.timeline().connectedNanos());
    span(line, "wait", e.timeline().connectedNanos(), e.timeline().upstreamHeadNanos());
    span(line, "head", e.timeline().startNanos(), e.timeline().headNanos());
    span(line, "body", e.timeline().headNanos(), e.timeline().endNanos());
    line.raw("}}");
  }

  private static void text(LineBuffer line, Exchange e) {
    line.time(e.startMillis()).raw(" ").number(e.status()).raw(" ");
    line.millis(e.timeline().endNanos() - e.timeline().startNanos())
        .raw("ms ")
        .quoted(e.clientAddress(), 64);
    line.raw(" ").quoted(e.method(), 32).raw(" ").quoted(e.host(), 256);
    line.raw(" ").quoted(e.path(), 2048);
    RouteView route = e.route();
    pair(line, " route=", route == null ? null : route.name());
    pair(line, " endpoint=", e.endpoint());
    Failure failure = e.failure();
    pair(line, " reason=", failure == null ? null : failure.reason());
    pair(line, " detail=", e.failureDetail());
    line.raw(" attempts=").number(e.attempts()).raw(" in=").number(e.bytesIn());
    line.raw(" out=").number(e.bytesOut());
    pair(line, " id=", e.requestId());
  }

  private static void pair(LineBuffer line, String name, @Nullable String value) {
    if (value != null) {
      line.raw(name).quoted(value, 128);
    }
  }

  /** Keys are constants of this file, so {@code raw} needs no escape. */
  private static void string(LineBuffer line, String key, @Nullable String value, int maxBytes) {
    if (value != null) {
      line.raw(",\"").raw(key).raw("\":").quoted(value, maxBytes);
    }
  }

  private static void span(LineBuffer line, String key, long from, long to) {
    if (from != 0 && to != 0) {
      line.raw(",\"").raw(key).raw("\":").millis(to - from);
    }
  }

  private static String protocol(HttpVersion version) {
    return switch (version) {
      case HTTP_1_0 -> "HTTP/1.0";
      case HTTP_1_1 -> "HTTP/1.1";
      case HTTP_2 -> "HTTP/2";
    };
  }

  /** Opens the file anew, after it was moved away. Any thread. */
  public void reopen() {
    writer.reopen();
  }

  /** Lines that found no room or could not be written. Any thread. */
  public long dropped() {
    long dropped = writer.lost();
    for (LineRing ring : rings) {
      dropped += ring.dropped();
    }
    return dropped;
  }

  /** Writes what waits, for two seconds at most. */
  @Override
  public void close() {
    writer.close();
  }
}
