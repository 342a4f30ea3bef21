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
import java.util.concurrent.ConcurrentHashMap;
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

  private final Map<Integer, HttpClient> clients = new ConcurrentHashMap<>();

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
    HttpClient client =
        clients.computeIfAbsent(settings.perHost(), most -> client(loop.owner(), most));
    return new FetchRun(input.urls(), settings, context, client, loop, SystemTicker.INSTANCE)
        .begin();
  }

  private static HttpClient client(Vertx vertx, int perHost) {
    HttpClientOptions options =
        new HttpClientOptions()
            .setConnectTimeout(CONNECT_MILLIS)
            .setSslHandshakeTimeout(CONNECT_MILLIS)
            .setSslHandshakeTimeoutUnit(TimeUnit.MILLISECONDS)
            .setKeepAliveTimeout(KEEP_SECONDS)
            .setMaxHeaderSize(HEADER_BYTES)
            .setDecompressionSupported(true)
            .setVerifyHost(true);
    // FetchRun keeps the bound for each host, so that nothing waits in the pool.
    return vertx.createHttpClient(options, new PoolOptions().setHttp1MaxSize(perHost));
  }

  @Override
  public void close() {
    clients.values().forEach(client -> Watched.quietly(client.close()));
  }
}
