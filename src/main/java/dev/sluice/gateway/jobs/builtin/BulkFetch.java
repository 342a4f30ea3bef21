package dev.sluice.gateway.jobs.builtin;

import dev.sluice.gateway.exchange.Watched;
import dev.sluice.gateway.failure.Failed;
import dev.sluice.gateway.failure.Failure;
import dev.sluice.gateway.jobs.api.Content;
import dev.sluice.gateway.jobs.api.Job;
import dev.sluice.gateway.jobs.api.JobContext;
import dev.sluice.gateway.offload.Kind;
import dev.sluice.gateway.resilience.SystemTicker;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.PoolOptions;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * {@code bulk-fetch}: many pages, some at once, in good manners: so many at a host, so many a
 * second, with waits between them and retries that back off. Its result is a line of JSON a page,
 * as they end, and a last one that counts them.
 */
public final class BulkFetch implements Job<BulkFetch.Input, Future<Content>> {
  private static final int CONNECT_MILLIS = 5_000;
  private static final int KEEP_SECONDS = 15;
  private static final int HEADER_BYTES = 64 << 10;

  /** To one host, of all runs together. */
  private static final int MOST_CONNECTIONS = 2_000;

  /** So many pages are looked at on the loop. */
  private static final int FEW = 200;

  private volatile @Nullable HttpClient client;

  /** The pages, each at most 8 KiB long. */
  public record Input(List<String> urls) {}

  @Override
  public String name() {
    return "bulk-fetch";
  }

  @Override
  public Kind kind() {
    return Kind.LOOP;
  }

  @Override
  public Class<Input> input() {
    return Input.class;
  }

  @Override
  public String inputSchema() {
    return """
    {"type": "object", "required": ["urls"], "additionalProperties": false, "properties": {
      "urls": {"type": "array", "minItems": 1, "items": {"type": "string", "maxLength": 8192}}}}\
    """;
  }

  @Override
  public String settingsSchema() {
    return FetchSettings.SCHEMA;
  }

  @Override
  public void check(Map<String, @Nullable Object> settings) {
    FetchSettings read = FetchSettings.of(settings);
    assert read.concurrency() > 0;
  }

  @Override
  public void accept(Input input, Map<String, @Nullable Object> settings) {
    int most = FetchSettings.of(settings).maxUrls();
    if (input.urls().size() > most) {
      throw new Failed(
          Failure.INVALID_INPUT,
          "urls: there are " + input.urls().size() + "; " + most + " are allowed");
    }
  }

  @Override
  public Future<Content> run(Input input, JobContext context) {
    Context loop = Vertx.currentContext();
    if (loop == null) {
      throw new IllegalStateException("not on an event loop");
    }
    FetchSettings settings = FetchSettings.of(context.settings());
    return plan(input.urls(), settings, context)
        .compose(plan ->
            new FetchRun(plan, settings, context, client(loop.owner()), loop, SystemTicker.INSTANCE)
                .begin());
  }

  private static Future<FetchPlan> plan(
      List<String> urls, FetchSettings settings, JobContext context) {
    return urls.size() <= FEW
        ? Future.succeededFuture(FetchPlan.of(urls, settings))
        : context.start(Kind.CPU, () -> FetchPlan.of(urls, settings)).future();
  }

  private synchronized HttpClient client(Vertx vertx) {
    HttpClient known = client;
    if (known == null) {
      known = make(vertx);
      client = known;
    }
    return known;
  }

  private static HttpClient make(Vertx vertx) {
    HttpClientOptions options =
        new HttpClientOptions()
            .setConnectTimeout(CONNECT_MILLIS)
            .setSslHandshakeTimeout(CONNECT_MILLIS)
            .setSslHandshakeTimeoutUnit(TimeUnit.MILLISECONDS)
            .setKeepAliveTimeout(KEEP_SECONDS)
            .setMaxHeaderSize(HEADER_BYTES)
            .setDecompressionSupported(true)
            .setVerifyHost(true);
    // Each run keeps its own bound for each host; the pool is so large that nothing waits in it.
    return vertx.createHttpClient(options, new PoolOptions().setHttp1MaxSize(MOST_CONNECTIONS));
  }

  @Override
  public void close() {
    HttpClient known = client;
    if (known != null) {
      Watched.quietly(known.close());
    }
  }
}
