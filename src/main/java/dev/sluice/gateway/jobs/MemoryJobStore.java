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
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Keeps jobs in this process, and loses them with it. Bounded in jobs and in bytes: those that
 * ended first make room. Any thread; a lock for a few instructions.
 */
final class MemoryJobStore implements JobStore {
  /** Of all inputs and results together. */
  private static final long MAX_BYTES = 128L << 20;

  /** Jobs that are over. */
  static final int MOST_OVER = 20_000;

  private static final Ending CANCELLED = new Ending(Stage.CANCELLED, null, null);

  private static final Ending ROUTE_GONE =
      new Ending(
          Stage.FAILED,
          null,
          new Fault(Failure.JOB_FAILED.reason(), "the route that took it is gone"));

  private final JobsConfig config;
  private final InstantSource clock;
  private final Map<String, Entry> jobs = new HashMap<>();
  private final Map<String, Entry> keys = new HashMap<>();
  private final Set<Entry> queued = new LinkedHashSet<>();
  private final Deque<Entry> over = new ArrayDeque<>();
  private int live;
  private long bytes;

  private static final class Entry {
    final String id;
    final String route;
    final String name;
    final @Nullable String key;
    final String digest;
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
      this.id = job.id();
      this.route = job.route();
      this.name = job.name();
      this.key = job.key();
      this.digest = job.digest();
      this.input = job.input();
      this.submittedAt = now;
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
      return same.digest.equals(job.digest())
          ? Future.succeededFuture(same.id)
          : Future.failedFuture(otherInput());
    }
    long size = job.input().bytes().length;
    if (live >= config.backlog() || !room(size)) {
      return Future.failedFuture(tooMany());
    }
    Entry entry = new Entry(job, clock.instant());
    jobs.put(job.id(), entry);
    queued.add(entry);
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

  /** Whether so many bytes find room, once those that ended first have made some. */
  private boolean room(long size) {
    while (bytes + size > MAX_BYTES && !over.isEmpty()) {
      forgetFirst();
    }
    return bytes + size <= MAX_BYTES;
  }

  private void forgetFirst() {
    Entry entry = over.removeFirst();
    bytes -= entry.bytes();
    jobs.remove(entry.id);
    if (entry.key != null) {
      keys.remove(entry.key);
    }
  }

  @Override
  public synchronized Future<List<Taken>> take(Collection<String> routes, int max) {
    List<Taken> taken = new ArrayList<>();
    Iterator<Entry> oldest = queued.iterator();
    while (oldest.hasNext() && taken.size() < max) {
      Entry entry = oldest.next();
      Content input = entry.input;
      if (input != null && routes.contains(entry.route)) {
        oldest.remove();
        entry.stage = Stage.RUNNING;
        entry.startedAt = clock.instant();
        taken.add(new Taken(new Claim(entry.id, ++entry.runs), entry.route, input));
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
    if (result != null && room(result.bytes().length)) {
      entry.result = result;
      entry.progress = 1;
      bytes += result.bytes().length;
    } else if (result != null) {
      entry.stage = Stage.FAILED;
      entry.fault = new Fault(Failure.ANSWER_TOO_LARGE.reason(), "no room for the result");
    }
    over.addLast(entry);
    if (over.size() > MOST_OVER) {
      forgetFirst();
    }
  }

  @Override
  public synchronized Future<Void> giveBack(Claim claim) {
    Entry entry = claimed(claim);
    if (entry != null && entry.given) {
      finish(entry, CANCELLED);
    } else if (entry != null) {
      entry.stage = Stage.QUEUED;
      entry.startedAt = null;
      queued.add(entry);
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
                    entry.name,
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
    if (entry != null && queued.remove(entry)) {
      finish(entry, CANCELLED);
    } else if (entry != null && entry.stage == Stage.RUNNING) {
      entry.given = true;
    }
    return Future.succeededFuture();
  }

  @Override
  public synchronized Future<Void> sweep(Collection<String> routes) {
    Instant before = clock.instant().minus(config.keep());
    while (!over.isEmpty() && ended(over.getFirst()).isBefore(before)) {
      forgetFirst();
    }
    List<Entry> nobodys =
        queued.stream()
            .filter(entry -> entry.submittedAt.isBefore(before) && !routes.contains(entry.route))
            .toList();
    for (Entry entry : nobodys) {
      queued.remove(entry);
      finish(entry, ROUTE_GONE);
    }
    return Future.succeededFuture();
  }

  private static Instant ended(Entry entry) {
    return Objects.requireNonNull(entry.endedAt);
  }
}
