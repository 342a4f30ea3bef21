package dev.sluice.gateway.jobs.builtin;

import dev.sluice.gateway.failure.Failed;
import dev.sluice.gateway.failure.Failure;
import dev.sluice.gateway.jobs.api.JobContext;
import dev.sluice.gateway.jobs.builtin.Page.Outcome;
import dev.sluice.gateway.offload.Kind;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Writes the lines of a bulk fetch, on a worker, some at a time and never two at once. Each line
 * has its place from the beginning, and bodies share what is left, so that the result has its bound
 * without a page getting lost. Confined to the run's loop but for the writing itself.
 */
final class PageWriter {
  /** What may wait to be written before no more pages are asked for. */
  private static final long MOST_WAITING = 4L << 20;

  private static final long AGAIN_MILLIS = 20;
  private static final int LAST_LINE_BYTES = 64;

  private final JobContext job;
  private final Context loop;
  private final FetchSettings settings;
  private final Runnable written;
  private List<Ended> waiting = new ArrayList<>();
  private long waitingBytes;
  private boolean busy;
  // Whoever writes, one at a time:
  private final ByteArrayOutputStream lines = new ByteArrayOutputStream();
  private long reserved;
  private int succeeded;
  private int failed;

  private record Ended(Page page, Outcome outcome, long tookMillis) {
    long bytes() {
      return outcome.body() == null ? 0 : outcome.body().length();
    }
  }

  /**
   * @param lineBytes of all lines, bodies left out
   * @param written told each time that some have been written
   */
  PageWriter(
      JobContext job, Context loop, FetchSettings settings, long lineBytes, Runnable written) {
    this.job = job;
    this.loop = loop;
    this.settings = settings;
    this.reserved = lineBytes + LAST_LINE_BYTES;
    this.written = written;
    if (reserved > job.maxResult()) {
      throw new Failed(
          Failure.INVALID_INPUT,
          "urls: their lines alone are longer than a result may be, " + job.maxResult() + " bytes");
    }
  }

  /** A page is over. */
  void add(Page page, Outcome outcome, long tookMillis) {
    Ended ended = new Ended(page, outcome, tookMillis);
    waiting.add(ended);
    waitingBytes += ended.bytes();
    if (!busy) {
      busy = true;
      // What ends in the same turn is written together.
      loop.runOnContext(nothing -> next());
    }
  }

  /** Whether so much waits that no more should come for now. */
  boolean full() {
    return waitingBytes > MOST_WAITING;
  }

  /** Whether everything has been written. */
  boolean idle() {
    return !busy;
  }

  private void next() {
    List<Ended> some = waiting;
    if (some.isEmpty()) {
      busy = false;
      written.run();
      return;
    }
    waiting = new ArrayList<>();
    job.start(
            Kind.CPU,
            () -> {
              some.forEach(this::write);
              return some;
            })
        .future()
        .onComplete((done, cause) -> {
          if (cause == null) {
            some.forEach(one -> waitingBytes -= one.bytes());
            next();
          } else if (!job.cancelled()) { // the pool is full
            some.addAll(waiting);
            waiting = some;
            loop.owner().setTimer(AGAIN_MILLIS, later -> next());
          }
        });
  }

  private void write(Ended ended) {
    long bound = PageLine.bound(ended.page().url);
    reserved -= bound;
    long room = job.maxResult() - lines.size() - reserved;
    PageLine line = PageLine.of(ended.page(), ended.outcome(), ended.tookMillis(), settings, room);
    lines.writeBytes(line.json());
    if (line.good()) {
      succeeded++;
    } else {
      failed++;
    }
  }

  /** All lines and the last one, once nothing waits any more. */
  Future<byte[]> whole() {
    Promise<byte[]> promise = Promise.promise();
    job.start(
            Kind.CPU,
            () -> {
              lines.writeBytes(
                  ("{\"succeeded\":" + succeeded + ",\"failed\":" + failed + "}\n")
                      .getBytes(StandardCharsets.UTF_8));
              return lines.toByteArray();
            })
        .future()
        .onComplete((bytes, cause) -> {
          if (cause == null) {
            promise.complete(bytes);
          } else if (job.cancelled()) {
            promise.fail(cause);
          } else {
            loop.owner().setTimer(AGAIN_MILLIS, later -> whole().onComplete(promise));
          }
        });
    return promise.future();
  }
}
