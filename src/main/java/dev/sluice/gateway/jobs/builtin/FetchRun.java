package dev.sluice.gateway.jobs.builtin;

import dev.sluice.gateway.failure.Failed;
import dev.sluice.gateway.failure.Failure;
import dev.sluice.gateway.jobs.api.Content;
import dev.sluice.gateway.jobs.api.JobContext;
import dev.sluice.gateway.jobs.builtin.Page.Outcome;
import dev.sluice.gateway.offload.Kind;
import dev.sluice.gateway.resilience.RetryBudget;
import dev.sluice.gateway.resilience.Ticker;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One bulk fetch: which page is next, and when. Hosts take turns, so that a slow one with many
 * pages holds up nobody else. Confined to its loop.
 */
final class FetchRun {
  /** Retries beyond this share of the pages would be a storm. */
  private static final double RETRY_SHARE = 0.2;

  private static final int RETRIES_A_SECOND = 3;

  /** What is kept of the deadline to write the result down. */
  private static final long LAST_MILLIS = 100;

  /** A body up to this length becomes JSON on the loop. */
  private static final int SMALL_BYTES = 64 << 10;

  private final FetchSettings settings;
  private final JobContext job;
  private final HttpClient client;
  private final Context loop;
  private final Vertx vertx;
  private final Ticker ticker;
  private final SplittableRandom random = new SplittableRandom();
  private final RetryBudget budget;
  private final Map<String, Host> hosts = new LinkedHashMap<>();
  private final ArrayDeque<Host> turns = new ArrayDeque<>();
  private final Map<String, Future<List<InetAddress>>> names = new HashMap<>();
  private final Set<PageFetch> underWay = new HashSet<>();
  private final Map<Page, Outcome> resting = new HashMap<>();
  private final Buffer lines = Buffer.buffer();
  private final Promise<Content> result = Promise.promise();
  private final int total;
  private long nextNanos;
  private long pumpTimer = -1;
  private long lastTimer = -1;
  private int active;
  private int writing;
  private int succeeded;
  private int failed;
  private boolean closing;

  /** The pages of one host. */
  private static final class Host {
    final ArrayDeque<Page> waiting = new ArrayDeque<>();
    int active;
    long nextNanos;
  }

  FetchRun(
      List<String> urls,
      FetchSettings settings,
      JobContext job,
      HttpClient client,
      Context loop,
      Ticker ticker) {
    this.settings = settings;
    this.job = job;
    this.client = client;
    this.loop = loop;
    this.vertx = loop.owner();
    this.ticker = ticker;
    this.budget = new RetryBudget(RETRY_SHARE, RETRIES_A_SECOND, ticker);
    this.total = urls.size();
    this.nextNanos = ticker.nanos();
    for (String url : urls) {
      budget.deposit();
      add(url);
    }
    turns.addAll(hosts.values());
  }

  private void add(String url) {
    Page page = new Page(url, URI.create("http://invalid"));
    try {
      URI uri = new URI(url);
      String refusal = settings.targets().refusal(uri);
      if (refusal == null) {
        String host = FetchTargets.host(uri) + ":" + FetchTargets.port(uri);
        hosts.computeIfAbsent(host, unused -> new Host()).waiting.add(new Page(url, uri));
        return;
      }
      end(page, Outcome.failed(Failure.FORBIDDEN.reason() + ": " + refusal, false));
    } catch (URISyntaxException malformed) {
      end(page, Outcome.failed(Failure.INVALID_INPUT.reason() + ": it is no URL", false));
    }
  }

  Future<Content> begin() {
    job.onCancel(() -> loop.runOnContext(nothing -> cancel()));
    lastTimer = vertx.setTimer(Math.max(1, job.left().toMillis() - LAST_MILLIS), late -> closeUp());
    pump();
    return result.future();
  }

  // ---- whose turn it is ----

  private void pump() {
    if (active == 0 && writing == 0 && succeeded + failed == total) {
      done();
      return;
    }
    while (!closing && active < settings.concurrency()) {
      long now = ticker.nanos();
      if (nextNanos > now) {
        later(nextNanos - now);
        return;
      }
      Host host = next(now);
      if (host == null) {
        break;
      }
      nextNanos = Math.max(now, nextNanos) + settings.spacingNanos();
      begin(host, host.waiting.remove());
    }
  }

  /** The next host that has a page and room for it; null when none has, or none yet. */
  private @Nullable Host next(long now) {
    long soonest = Long.MAX_VALUE;
    for (int i = turns.size(); i > 0; i--) {
      Host host = turns.remove();
      turns.add(host);
      if (host.waiting.isEmpty() || host.active >= settings.perHost()) {
        continue;
      }
      if (host.nextNanos <= now) {
        return host;
      }
      soonest = Math.min(soonest, host.nextNanos);
    }
    if (soonest < Long.MAX_VALUE) {
      later(soonest - now);
    }
    return null;
  }

  private void later(long nanos) {
    vertx.cancelTimer(pumpTimer);
    pumpTimer =
        vertx.setTimer(Math.max(1, TimeUnit.NANOSECONDS.toMillis(nanos + 999_999)), due -> pump());
  }

  private void begin(Host host, Page page) {
    active++;
    host.active++;
    long now = ticker.nanos();
    long delay = settings.delayNanos();
    host.nextNanos = delay == 0 ? now : now + delay / 2 + random.nextLong(delay + 1);
    if (page.attempts++ == 0) {
      page.startedNanos = now;
      page.startedAt = Instant.now();
    }
    PageFetch fetch = new PageFetch(vertx, settings, client, this::resolve);
    underWay.add(fetch);
    fetch
        .begin(page.uri, page.attempts - 1)
        .onComplete((outcome, never) -> {
          underWay.remove(fetch);
          active--;
          host.active--;
          attempted(host, page, outcome);
          pump();
        });
  }

  private void attempted(Host host, Page page, Outcome outcome) {
    if (!outcome.again()
        || closing
        || page.attempts >= settings.attempts()
        || !budget.tryWithdraw()) {
      end(page, outcome);
      return;
    }
    long wait =
        Math.max(outcome.afterNanos(), settings.backoff().delayNanos(page.attempts, random));
    resting.put(page, outcome);
    vertx.setTimer(
        Math.max(1, TimeUnit.NANOSECONDS.toMillis(wait)),
        due -> {
          if (resting.remove(page) != null) {
            host.waiting.addFirst(page);
            pump();
          }
        });
  }

  /**
   * The addresses of a host, asked until they are known; the lookup blocks, so that it has a
   * worker.
   */
  private Future<List<InetAddress>> resolve(String host) {
    Future<List<InetAddress>> known = names.get(host);
    if (known != null && !known.failed()) {
      return known;
    }
    Future<List<InetAddress>> asked =
        job.start(Kind.BLOCKING, () -> List.of(InetAddress.getAllByName(host))).future();
    names.put(host, asked);
    return asked;
  }

  // ---- results ----

  private void end(Page page, Outcome outcome) {
    long took = page.attempts == 0 ? 0 : (ticker.nanos() - page.startedNanos) / 1_000_000;
    if (outcome.error() == null) {
      succeeded++;
    } else {
      failed++;
    }
    Buffer body = outcome.body();
    long room = job.maxResult() * 9 / 10 - lines.length();
    if (body == null || body.length() <= SMALL_BYTES) {
      write(PageLine.of(page, outcome, took, settings, room));
      return;
    }
    writing++;
    job.start(Kind.CPU, () -> PageLine.of(page, outcome, took, settings, room))
        .future()
        .onComplete((line, cause) -> {
          writing--;
          write(
              cause == null
                  ? line
                  : PageLine.of(page, unwritten(outcome, cause), took, settings, room));
          pump();
        });
  }

  private static Outcome unwritten(Outcome outcome, Throwable cause) {
    String why =
        cause instanceof Failed failed ? failed.failure().reason() : Failure.JOB_FAILED.reason();
    return new Outcome(outcome.status(), outcome.length(), outcome.type(), null, why, false, 0);
  }

  private void write(byte[] line) {
    lines.appendBytes(line);
    job.progress((double) (succeeded + failed) / total);
  }

  /** Time is nearly up: what is not there yet is told as such, and the rest is kept. */
  private void closeUp() {
    closing = true;
    for (Host host : hosts.values()) {
      for (Page page; (page = host.waiting.poll()) != null; ) {
        end(page, Outcome.failed(Failure.DEADLINE_EXCEEDED.reason(), false));
      }
    }
    resting.forEach(this::end);
    resting.clear();
    stop(Failure.DEADLINE_EXCEEDED);
    pump();
  }

  private void cancel() {
    closing = true;
    hosts.values().forEach(host -> host.waiting.clear());
    resting.clear();
    stop(Failure.CANCELLED);
    finish();
    result.tryFail(new Failed(Failure.CANCELLED, "it was given up"));
  }

  private void stop(Failure failure) {
    for (PageFetch fetch : new ArrayList<>(underWay)) {
      fetch.cancel(failure);
    }
  }

  private void done() {
    finish();
    byte[] last =
        ("{\"succeeded\":" + succeeded + ",\"failed\":" + failed + "}\n")
            .getBytes(StandardCharsets.UTF_8);
    result.tryComplete(new Content("application/x-ndjson", lines.appendBytes(last).getBytes()));
  }

  private void finish() {
    vertx.cancelTimer(pumpTimer);
    vertx.cancelTimer(lastTimer);
  }
}
