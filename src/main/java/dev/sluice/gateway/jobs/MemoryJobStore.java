package dev.sluice.gateway.jobs;

import dev.sluice.gateway.config.JobsConfig;
import dev.sluice.gateway.failure.Failed;
import dev.sluice.gateway.failure.Failure;
import dev.sluice.gateway.jobs.JobState.Fault;
import dev.sluice.gateway.jobs.JobState.Stage;
import dev.sluice.gateway.jobs.api.Content;
import io.vertx.core.Future;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Keeps jobs in this process, and loses them with it. Bounded in jobs and in bytes: the oldest that
 * are over make room. Any thread; a lock for a few instructions.
 */
final class MemoryJobStore implements JobStore {
  /** Of all inputs and results together. */
  private static final long MAX_BYTES = 128L << 20;

  private final JobsConfig config;
  private final InstantSource clock;
  private final Map<String, Entry> jobs = new LinkedHashMap<>();
  private final Map<String, Entry> keys = new HashMap<>();
  private int live;
  private long bytes;

  private static final class Entry {
    final Submission job;
    final Instant submittedAt;
    Stage stage = Stage.QUEUED;
    double progress;
    int runs;
    boolean given;
    @Nullable Instant startedAt;
    @Nullable Instant endedAt;
    @Nullable Content input;
    @Nullable Content result;
    @Nullable Fault fault;

    Entry(Submission job, Instant now) {
      this.job = job;
      this.input = job.input();
      this.submittedAt = now;
    }

    String route() {
      return job.route();
    }

    long bytes() {
      return size(input) + size(result);
    }

    private static long size(@Nullable Content content) {
      return content == null ? 0 : content.bytes().length;
    }
  }

  MemoryJobStore(JobsConfig config, InstantSource clock) {
    this.config = config;
    this.clock = clock;
  }

  @Override
  public synchronized Future<String> add(Submission job) {
    Entry same = job.key() == null ? null : keys.get(job.key());
    if (same != null) {
      return same.job.digest().equals(job.digest())
          ? Future.succeededFuture(same.job.id())
          : Future.failedFuture(otherInput());
    }
    long size = job.input().bytes().length;
    if (live >= config.backlog() || !room(size)) {
      return Future.failedFuture(tooMany());
    }
    Entry entry = new Entry(job, clock.instant());
    jobs.put(job.id(), entry);
    if (job.key() != null) {
      keys.put(job.key(), entry);
    }
    live++;
    bytes += size;
    return Future.succeededFuture(job.id());
  }

  static Failed tooMany() {
    return new Failed(Failure.JOB_REJECTED, "too many jobs wait");
  }

  static Failed otherInput() {
    return new Failed(Failure.CONFLICT, "this Idempotency-Key came with another input before");
  }

  /** Whether so many bytes find room, once the oldest that are over have made some. */
  private boolean room(long size) {
    Iterator<Entry> oldest = jobs.values().iterator();
    while (bytes + size > MAX_BYTES && oldest.hasNext()) {
      Entry entry = oldest.next();
      if (entry.stage.over()) {
        oldest.remove();
        forget(entry);
      }
    }
    return bytes + size <= MAX_BYTES;
  }

  private void forget(Entry entry) {
    bytes -= entry.bytes();
    if (entry.job.key() != null) {
      keys.remove(entry.job.key());
    }
  }

  @Override
  public synchronized Future<List<Taken>> take(Collection<String> routes, int max) {
    List<Taken> taken = new ArrayList<>();
    for (Entry entry : jobs.values()) {
      Content input = entry.input;
      if (taken.size() < max
          && entry.stage == Stage.QUEUED
          && input != null
          && routes.contains(entry.route())) {
        entry.stage = Stage.RUNNING;
        entry.startedAt = clock.instant();
        taken.add(new Taken(new Claim(entry.job.id(), ++entry.runs), entry.route(), input));
      }
    }
    return Future.succeededFuture(taken);
  }

  @Override
  public synchronized Future<Set<Claim>> beat(Map<Claim, Double> running) {
    Set<Claim> stop = new HashSet<>();
    running.forEach((claim, progress) -> {
      Entry entry = claimed(claim);
      if (entry != null) {
        entry.progress = progress;
      }
      if (entry == null || entry.given) {
        stop.add(claim);
      }
    });
    return Future.succeededFuture(stop);
  }

  @Override
  public synchronized Future<Boolean> end(Claim claim, Ending ending) {
    Entry entry = claimed(claim);
    if (entry != null) {
      finish(entry, ending);
    }
    return Future.succeededFuture(entry != null);
  }

  private @Nullable Entry claimed(Claim claim) {
    Entry entry = jobs.get(claim.id());
    return entry != null && entry.stage == Stage.RUNNING && entry.runs == claim.run()
        ? entry
        : null;
  }

  private void finish(Entry entry, Ending ending) {
    live--;
    bytes -= entry.bytes();
    entry.input = null;
    entry.stage = ending.stage();
    entry.endedAt = clock.instant();
    entry.fault = ending.fault();
    Content result = ending.result();
    if (result == null) {
      return;
    }
    if (room(result.bytes().length)) {
      entry.result = result;
      entry.progress = 1;
      bytes += result.bytes().length;
    } else {
      entry.stage = Stage.FAILED;
      entry.fault = new Fault(Failure.ANSWER_TOO_LARGE.reason(), "no room for the result");
    }
  }

  @Override
  public synchronized Future<Void> giveBack(Claim claim) {
    Entry entry = claimed(claim);
    if (entry != null) {
      entry.stage = Stage.QUEUED;
    }
    return Future.succeededFuture();
  }

  @Override
  public synchronized Future<Optional<JobState>> find(String id) {
    Entry entry = jobs.get(id);
    return Future.succeededFuture(
        entry == null
            ? Optional.empty()
            : Optional.of(
                new JobState(
                    id,
                    entry.job.name(),
                    entry.stage,
                    entry.progress,
                    entry.submittedAt,
                    entry.startedAt,
                    entry.endedAt,
                    entry.fault)));
  }

  @Override
  public synchronized Future<Optional<Content>> result(String id) {
    Entry entry = jobs.get(id);
    return Future.succeededFuture(
        entry == null ? Optional.empty() : Optional.ofNullable(entry.result));
  }

  @Override
  public synchronized Future<Void> cancel(String id) {
    Entry entry = jobs.get(id);
    if (entry != null && entry.stage == Stage.QUEUED) {
      finish(entry, new Ending(Stage.CANCELLED, null, null));
    } else if (entry != null && entry.stage == Stage.RUNNING) {
      entry.given = true;
    }
    return Future.succeededFuture();
  }

  @Override
  public synchronized Future<Void> sweep(Collection<String> routes) {
    Instant before = clock.instant().minus(config.keep());
    for (Iterator<Entry> all = jobs.values().iterator(); all.hasNext(); ) {
      Entry entry = all.next();
      Instant ended = entry.endedAt;
      if (ended != null && ended.isBefore(before)) {
        all.remove();
        forget(entry);
      } else if (entry.stage == Stage.QUEUED
          && entry.submittedAt.isBefore(before)
          && !routes.contains(entry.route())) {
        finish(entry, new Ending(Stage.FAILED, null, ROUTE_GONE));
      }
    }
    return Future.succeededFuture();
  }

  private static final Fault ROUTE_GONE =
      new Fault(Failure.JOB_FAILED.reason(), "the route that took it is gone");
}
