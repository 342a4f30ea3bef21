package dev.sluice.gateway.jobs.builtin;

import dev.sluice.gateway.exchange.Watched;
import dev.sluice.gateway.failure.Failed;
import dev.sluice.gateway.failure.Failure;
import dev.sluice.gateway.jobs.builtin.Page.Outcome;
import dev.sluice.gateway.upstream.ConnectFailures;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.SocketAddress;
import java.net.InetAddress;
import java.net.URI;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One attempt at a page: resolves its host, looks at the address, asks at that very address, so
 * that a name cannot change its mind in between, and follows redirects as far as they are allowed.
 * Confined to a loop.
 */
final class PageFetch {
  private static final int TOO_MANY = 429;
  private static final String USER_AGENT = "Sluice bulk-fetch";
  private static final long MOST_ASKED_SECONDS = 60;

  private final Vertx vertx;
  private final FetchSettings settings;
  private final HttpClient client;
  private final Function<String, Future<List<InetAddress>>> names;
  private final Promise<Outcome> promise = Promise.promise();
  private @Nullable HttpClientRequest request;
  private long timer = -1;
  private int turn;
  private Buffer body = Buffer.buffer();

  PageFetch(
      Vertx vertx,
      FetchSettings settings,
      HttpClient client,
      Function<String, Future<List<InetAddress>>> names) {
    this.vertx = vertx;
    this.settings = settings;
    this.client = client;
    this.names = names;
  }

  /**
   * Never fails.
   *
   * @param turn which of a host's addresses is asked
   */
  Future<Outcome> begin(URI uri, int turn) {
    this.turn = turn;
    timer =
        vertx.setTimer(
            Math.max(1, TimeUnit.NANOSECONDS.toMillis(settings.timeoutNanos())),
            late -> end(Outcome.failed(Failure.UPSTREAM_TIMEOUT.reason(), true)));
    ask(uri, settings.redirects());
    return promise.future();
  }

  /** Gives it up. */
  void cancel(Failure failure) {
    end(Outcome.failed(failure.reason(), false));
  }

  private void end(Outcome outcome) {
    if (promise.tryComplete(outcome)) {
      vertx.cancelTimer(timer);
      HttpClientRequest asked = request;
      if (asked != null) {
        Watched.quietly(asked.reset()); // does nothing to one that is over
      }
    }
  }

  private boolean over() {
    return promise.future().isComplete();
  }

  private void ask(URI uri, int redirects) {
    String refusal = settings.targets().refusal(uri);
    if (refusal != null) {
      end(Outcome.failed(Failure.FORBIDDEN.reason() + ": " + refusal, false));
      return;
    }
    names
        .apply(FetchTargets.host(uri))
        .onComplete((addresses, cause) -> {
          if (cause != null) {
            String why =
                cause instanceof Failed failed
                    ? failed.failure().reason()
                    : Failure.DNS_FAILED.reason();
            end(Outcome.failed(why, true));
          } else if (!over()) {
            connect(uri, addresses, redirects);
          }
        });
  }

  private void connect(URI uri, List<InetAddress> addresses, int redirects) {
    List<InetAddress> reachable = addresses.stream().filter(settings.targets()::reachable).toList();
    if (reachable.isEmpty()) {
      end(Outcome.failed(Failure.FORBIDDEN.reason() + ": its address is not public", false));
      return;
    }
    InetAddress address = reachable.get(turn % reachable.size());
    int port = FetchTargets.port(uri);
    boolean tls = "https".equalsIgnoreCase(uri.getScheme());
    URI ascii = URI.create(uri.toASCIIString()); // what a request line may hold
    String path = ascii.getRawPath();
    String target = path == null || path.isEmpty() ? "/" : path;
    RequestOptions options =
        new RequestOptions()
            .setMethod(HttpMethod.GET)
            .setServer(SocketAddress.inetSocketAddress(port, address.getHostAddress()))
            .setHost(FetchTargets.host(uri))
            .setPort(port)
            .setSsl(tls)
            .setURI(ascii.getRawQuery() == null ? target : target + "?" + ascii.getRawQuery())
            .putHeader("user-agent", USER_AGENT)
            .putHeader("accept", "*/*");
    client
        .request(options)
        .onComplete((opened, cause) -> {
          if (cause != null) {
            end(Outcome.failed(ConnectFailures.of(cause).reason(), true));
          } else if (over()) {
            Watched.quietly(opened.reset());
          } else {
            request = opened;
            send(opened, uri, redirects);
          }
        });
  }

  private void send(HttpClientRequest opened, URI uri, int redirects) {
    opened
        .send()
        .onComplete((answer, cause) -> {
          if (cause != null) {
            end(Outcome.failed(Failure.UPSTREAM_RESET.reason(), true));
          } else if (!over()) {
            answered(answer, uri, redirects);
          }
        });
  }

  private void answered(HttpClientResponse answer, URI uri, int redirects) {
    answer.exceptionHandler(cause -> end(Outcome.failed(Failure.UPSTREAM_RESET.reason(), true)));
    int status = answer.statusCode();
    String location = answer.getHeader("location");
    if (status >= 300 && status < 400 && location != null) {
      redirected(answer, uri, location, redirects);
      return;
    }
    answer.handler(this::chunk);
    answer.endHandler(nothing -> whole(answer));
  }

  private void redirected(HttpClientResponse answer, URI uri, String location, int redirects) {
    int status = answer.statusCode();
    if (redirects == 0) {
      end(new Outcome(status, 0, "", null, "redirect_refused", false, 0));
      return;
    }
    URI next;
    try {
      next = uri.resolve(location);
    } catch (IllegalArgumentException malformed) {
      end(new Outcome(status, 0, "", null, "redirect_malformed", false, 0));
      return;
    }
    answer.handler(unread -> {});
    answer.endHandler(nothing -> {
      if (!over()) {
        ask(next, redirects - 1);
      }
    });
  }

  private void chunk(Buffer chunk) {
    if (body.length() + (long) chunk.length() > settings.maxBody()) {
      end(Outcome.failed(Failure.ANSWER_TOO_LARGE.reason(), false));
    } else if (!over()) {
      body.appendBuffer(chunk);
    }
  }

  private void whole(HttpClientResponse answer) {
    int status = answer.statusCode();
    String type = answer.getHeader("content-type");
    boolean again = status == TOO_MANY || status == 502 || status == 503 || status == 504;
    end(
        new Outcome(
            status,
            body.length(),
            type == null ? "" : type,
            settings.body() == FetchSettings.Body.NONE ? null : body,
            status < 400 ? null : "status " + status,
            again,
            again ? asked(answer.getHeader("retry-after")) : 0));
  }

  /** RFC 9110 §10.2.3, seconds only; a host does not hold up the whole for longer than a minute. */
  private static long asked(@Nullable String retryAfter) {
    return retryAfter == null || !retryAfter.matches("[0-9]{1,6}")
        ? 0
        : TimeUnit.SECONDS.toNanos(Math.min(MOST_ASKED_SECONDS, Long.parseLong(retryAfter)));
  }
}
