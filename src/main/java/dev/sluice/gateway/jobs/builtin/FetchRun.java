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
import io.vertx.core.http.HttpClient;
import java.net.InetAddress;
import java.net.URI;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
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

  /** What is kept of the deadline to write the result down: a tenth, within these bounds. */
  private static final long LEAST_LAST_MILLIS = 100;

  private static final long MOST_LAST_MILLIS = 3_000;

  private final FetchSettings settings;
  private final JobContext job;
  private final HttpClient client;
  private final Context loop;
  private final Vertx vertx;
  private final Ticker ticker;
  private final SplittableRandom random = new SplittableRandom();
  private final RetryBudget budget;
  private final PageWriter writer;

  /** Hosts with pages that wait. */
  private final ArrayDeque<Host> turns = new ArrayDeque<>();

  private final Map<String, Future<List<InetAddress>>> names = new HashMap<>();
  private final Set<PageFetch> underWay = new HashSet<>();
  private final Map<Page, Outcome> resting = new HashMap<>();
  private final Promise<Content> result = Promise.promise();
  private final int total;
  private long nextNanos;
  private long pumpTimer = -1;
  private long lastTimer = -1;
  private int active;
  private int over;
  private boolean closing;
  private boolean finished;

  /** The pages of one host. */
  private static final class Host {
    final ArrayDeque<Page> waiting;
    int active;
    long nextNanos;
    boolean listed = true;

    Host(List<Page> pages) {
      waiting = new ArrayDeque<>(pages);
    }
  }

  FetchRun(
      FetchPlan plan,
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
    this.writer = new PageWriter(job, loop, settings, plan.lineBytes(), this::pump);
    this.nextNanos = ticker.nanos();
    int pages = plan.refused().size();
    for (FetchPlan.Refused refused : plan.refused()) {
      end(refused.page(), refused.outcome());
    }
    for (List<Page> each : plan.hosts().values()) {
      turns.add(new Host(each));
      pages += each.size();
    }
    this.total = pages;
  }

  Future<Content> begin() {
    job.onCancel(() -> loop.runOnContext(nothing -> cancel()));
    long left = job.left().toMillis();
    long last = Math.clamp(left / 10, LEAST_LAST_MILLIS, MOST_LAST_MILLIS);
    lastTimer = vertx.setTimer(Math.max(1, left - last), late -> closeUp());
    pump();
    return result.future();
  }

  // ---- whose turn it is ----

  private void pump() {
    job.progress((double) over / Math.max(1, total));
    if (active == 0 && over == total && writer.idle()) {
      done();
      return;
    }
    while (!closing && active < settings.concurrency() && !writer.full()) {
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
      host.listed = !host.waiting.isEmpty();
      if (!host.listed) {
        continue;
      }
      turns.add(host);
      if (host.active >= settings.perHost()) {
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
      budget.deposit();
      page.startedNanos = now;
      page.startedAt = Instant.now();
    }
    URI uri = page.uri;
    if (uri == null) {
      throw new IllegalStateException("it is not asked for");
    }
    PageFetch fetch = new PageFetch(vertx, settings, client, this::resolve);
    underWay.add(fetch);
    fetch
        .begin(uri, page.attempts - 1)
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
            if (!host.listed) {
              host.listed = true;
              turns.add(host);
            }
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
    over++;
    long took = page.attempts == 0 ? 0 : (ticker.nanos() - page.startedNanos) / 1_000_000;
    writer.add(page, outcome, took);
  }

  /** Time is nearly up: what is not there yet is told as such, and the rest is kept. */
  private void closeUp() {
    closing = true;
    for (Host host : turns) {
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
    turns.clear();
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
    if (!finished) {
      finished = true;
      finish();
      writer
          .whole()
          .map(lines -> new Content("application/x-ndjson", lines))
          .onComplete((content, cause) -> {
            if (cause == null) {
              result.tryComplete(content);
            } else {
              result.tryFail(cause);
            }
          });
    }
  }

  private void finish() {
    vertx.cancelTimer(pumpTimer);
    vertx.cancelTimer(lastTimer);
  }
}
