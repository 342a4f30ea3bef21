package dev.sluice.gateway.testing;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A number of clients that ask one path, each again as soon as it has its answer, until told to
 * stop.
 */
public final class Load implements AutoCloseable {
  private final HttpClient client;
  private final int port;
  private final String path;
  private final List<Future<Void>> clients = new ArrayList<>();
  private final AtomicLong answers = new AtomicLong();
  private final ConcurrentLinkedQueue<String> errors = new ConcurrentLinkedQueue<>();
  private volatile boolean stopped;

  private Load(Vertx vertx, int port, String path, int clients) {
    this.port = port;
    this.path = path;
    this.client =
        vertx.createHttpClient(
            new HttpClientOptions().setKeepAliveTimeout(60),
            new PoolOptions().setHttp1MaxSize(clients));
    for (int i = 0; i < clients; i++) {
      Promise<Void> done = Promise.promise();
      this.clients.add(done.future());
      next(done);
    }
  }

  /** Begins. */
  public static Load on(Vertx vertx, int port, String path, int clients) {
    return new Load(vertx, port, path, clients);
  }

  private void next(Promise<Void> done) {
    if (stopped) {
      done.complete();
      return;
    }
    client
        .request(HttpMethod.GET, port, "127.0.0.1", path)
        .compose(request -> request.send())
        .compose(response -> response.body().map(body -> response.statusCode() + " " + body))
        .onComplete((answer, cause) -> {
          if (answer != null && answer.startsWith("200 ")) {
            answers.incrementAndGet();
          } else {
            errors.add(cause == null ? answer : cause.toString());
          }
          next(done);
        });
  }

  /** Waits until this many more answers have come. */
  public void more(long wanted) throws InterruptedException {
    long until = answers.get() + wanted;
    CountDownLatch never = new CountDownLatch(1);
    for (int i = 0; i < 6000 && answers.get() < until; i++) {
      if (never.await(5, TimeUnit.MILLISECONDS)) {
        return;
      }
    }
    if (answers.get() < until) {
      throw new AssertionError("only " + answers.get() + " answers; errors: " + errors);
    }
  }

  /** Good answers so far. */
  public long answers() {
    return answers.get();
  }

  /** Everything that was not a good answer. */
  public List<String> errors() {
    return List.copyOf(errors);
  }

  /** Lets what is under way end, and asks no more. */
  @Override
  public void close() throws Exception {
    stopped = true;
    Future.join(clients).toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
    client.close().toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
  }
}
