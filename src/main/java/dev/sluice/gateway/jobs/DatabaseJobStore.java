package dev.sluice.gateway.jobs;

import dev.sluice.gateway.config.DatabaseConfig.Kind;
import dev.sluice.gateway.config.JobsConfig;
import dev.sluice.gateway.database.Cancellation;
import dev.sluice.gateway.database.Database;
import dev.sluice.gateway.database.SqlFault;
import dev.sluice.gateway.database.SqlText;
import dev.sluice.gateway.failure.Failed;
import dev.sluice.gateway.failure.Failure;
import dev.sluice.gateway.jobs.JobState.Fault;
import dev.sluice.gateway.jobs.JobState.Stage;
import dev.sluice.gateway.jobs.api.Content;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Keeps jobs in PostgreSQL, for all nodes that share the database. A node takes a job by writing
 * its name into it under {@code for update skip locked}, and says every second that it lives; one
 * that has not said so for {@value #LOST_SECONDS} s has lost its jobs to whoever takes them. So a
 * job runs at least once, and has one result. Any event loop.
 */
final class DatabaseJobStore implements JobStore {
  /** Without a sign of life for so long a node is taken for dead. */
  private static final int LOST_SECONDS = 10;

  /** A job of a route that this node does not have waits so long at least for one that has it. */
  private static final double FOREIGN_SECONDS = TimeUnit.DAYS.toSeconds(1);

  /** A job that took its node with it so often is not begun again. */
  private static final int MOST_RUNS = 5;

  private static final SqlText ADD =
      sql(
          """
          insert into sluice_jobs (id, route, name, input, input_type, idempotency_key, digest)
          select $1::text, $2::text, $3::text, $4::bytea, $5::text, $6::text, $7::text
          where (select count(*) from sluice_jobs where state in ('queued', 'running')) < $8::bigint
          on conflict (idempotency_key) do nothing
          returning id\
          """);
  private static final SqlText KNOWN =
      sql("select id, digest from sluice_jobs where idempotency_key = $1");
  private static final SqlText TAKE =
      sql(
          """
          update sluice_jobs set state = 'running', owner = $1, runs = runs + 1, progress = 0,
            started_at = now(), heartbeat_at = now()
          where id in (
            select id from sluice_jobs
            where route = any($2) and runs < $4 and not stop and (state = 'queued'
              or (state = 'running' and heartbeat_at < now() - make_interval(secs => $5)))
            order by submitted_at limit $3 for update skip locked)
          returning id, runs, route, input_type\
          """);
  private static final SqlText INPUT = sql("select input from sluice_jobs where id = $1");
  private static final SqlText BEAT =
      sql(
          """
          update sluice_jobs set heartbeat_at = now(), progress = beat.share
          from unnest($2::text[], $3::int[], $4::float8[]) as beat (job, run, share)
          where id = beat.job and runs = beat.run and owner = $1 and state = 'running'
          returning id, runs, stop\
          """);
  private static final SqlText END =
      sql(
          """
          update sluice_jobs set state = $4, result = $5, result_type = $6, reason = $7,
            detail = $8, ended_at = now(), input = '', owner = null,
            progress = case when $4 = 'done' then 1 else progress end
          where id = $1 and runs = $2 and owner = $3 and state = 'running'\
          """);
  private static final SqlText GIVE_BACK =
      sql(
          """
          update sluice_jobs set owner = null, progress = 0, started_at = null, runs = runs - 1,
            state = case when stop then 'cancelled' else 'queued' end,
            ended_at = case when stop then now() end,
            input = case when stop then '' else input end
          where id = $1 and runs = $2 and owner = $3 and state = 'running'\
          """);
  private static final SqlText FIND =
      sql(
          """
          select id, name, state, progress, submitted_at, started_at, ended_at, reason, detail
          from sluice_jobs where id = $1\
          """);
  private static final SqlText RESULT_TYPE =
      sql("select result_type from sluice_jobs where id = $1 and state = 'done'");
  private static final SqlText RESULT =
      sql("select result from sluice_jobs where id = $1 and state = 'done'");
  private static final SqlText CANCEL =
      sql(
          """
          update sluice_jobs set stop = true,
            state = case when idle then 'cancelled' else state end,
            ended_at = case when idle then now() end,
            input = case when idle then '' else input end
          from (select id as job, state = 'queued'
              or heartbeat_at < now() - make_interval(secs => $2) as idle
            from sluice_jobs where id = $1 for update) as looked
          where id = job and state in ('queued', 'running')\
          """);
  private static final SqlText FORGET =
      sql("delete from sluice_jobs where ended_at < now() - make_interval(secs => $1)");
  private static final SqlText GIVE_UP =
      sql(
          """
          update sluice_jobs set ended_at = now(), input = '',
            state = case when stop then 'cancelled' else 'failed' end,
            reason = case when not stop then 'job_failed' end,
            detail = case when stop then null when runs >= $3
              then 'it was begun ' || runs || ' times, and each time its node was lost'
              else 'the route that took it is gone' end
          where (state = 'running' and (runs >= $3 or stop)
              and heartbeat_at < now() - make_interval(secs => $4))
            or (state = 'queued' and not route = any($2)
              and submitted_at < now() - make_interval(secs => $1))\
          """);

  private final JobsConfig config;
  private final Supplier<@Nullable Database> database;
  private final String node = UUID.randomUUID().toString();

  DatabaseJobStore(JobsConfig config, Supplier<@Nullable Database> database) {
    this.config = config;
    this.database = database;
  }

  private static SqlText sql(String text) {
    return SqlText.of(text, Kind.POSTGRES);
  }

  private Future<Database> database() {
    Database now = database.get();
    return now == null
        ? Future.failedFuture(
            new Failed(Failure.DATABASE_UNAVAILABLE, "the database of jobs does not serve yet"))
        : Future.succeededFuture(now);
  }

  private Future<Database.Result> query(SqlText text, @Nullable Object... values) {
    return database()
        .compose(open -> open.query(text, Arrays.asList(values), new Cancellation()))
        .recover(DatabaseJobStore::failed);
  }

  private Future<Optional<Buffer>> bytes(SqlText text, String id) {
    return database()
        .compose(open -> open.bytes(text, List.of(id), new Cancellation()))
        .recover(DatabaseJobStore::failed);
  }

  private static <T> Future<T> failed(Throwable cause) {
    return Future.failedFuture(cause instanceof SqlFault fault ? fault.failed() : cause);
  }

  @Override
  public Future<String> add(Submission job) {
    return query(
            ADD,
            job.id(),
            job.route(),
            job.name(),
            Buffer.buffer(job.input().bytes()),
            job.input().type(),
            job.key(),
            job.digest(),
            (long) config.backlog())
        .compose(added -> added.count() > 0 ? Future.succeededFuture(job.id()) : known(job));
  }

  private Future<String> known(Submission job) {
    return job.key() == null
        ? Future.failedFuture(MemoryJobStore.tooMany())
        : query(KNOWN, job.key())
            .compose(found -> {
              if (found.rows().isEmpty()) {
                return Future.failedFuture(MemoryJobStore.tooMany());
              }
              Map<String, @Nullable Object> row = found.rows().getFirst();
              return job.digest().equals(row.get("digest"))
                  ? Future.succeededFuture(text(row, "id"))
                  : Future.failedFuture(MemoryJobStore.otherInput());
            });
  }

  @Override
  public Future<List<Taken>> take(Collection<String> routes, int max) {
    return query(
            TAKE, node, routes.toArray(new String[0]), (long) max, MOST_RUNS, (double) LOST_SECONDS)
        .compose(result -> {
          List<Future<Taken>> inputs = new ArrayList<>();
          for (Map<String, @Nullable Object> row : result.rows()) {
            String id = text(row, "id");
            inputs.add(
                bytes(INPUT, id)
                    .map(input ->
                        new Taken(
                            claim(row),
                            text(row, "route"),
                            new Content(
                                text(row, "input_type"),
                                input.map(Buffer::getBytes).orElse(new byte[0])))));
          }
          // One whose input cannot be read now is taken again once this node's claim is too old.
          return Future.join(inputs)
              .transform(done ->
                  Future.succeededFuture(
                      inputs.stream().filter(Future::succeeded).map(Future::result).toList()));
        });
  }

  @Override
  public Future<Set<Claim>> beat(Map<Claim, Double> running) {
    String[] ids = new String[running.size()];
    Integer[] runs = new Integer[running.size()];
    Double[] shares = new Double[running.size()];
    int i = 0;
    for (Map.Entry<Claim, Double> entry : running.entrySet()) {
      ids[i] = entry.getKey().id();
      runs[i] = entry.getKey().run();
      shares[i++] = entry.getValue();
    }
    return query(BEAT, node, ids, runs, shares)
        .map(result -> {
          Set<Claim> stop = new HashSet<>(running.keySet());
          for (Map<String, @Nullable Object> row : result.rows()) {
            if (Boolean.FALSE.equals(row.get("stop"))) {
              stop.remove(claim(row));
            }
          }
          return stop;
        });
  }

  @Override
  public Future<Boolean> end(Claim claim, Ending ending) {
    Content result = ending.result();
    Fault fault = ending.fault();
    return query(
            END,
            claim.id(),
            claim.run(),
            node,
            ending.stage().word(),
            result == null ? null : Buffer.buffer(result.bytes()),
            result == null ? null : result.type(),
            fault == null ? null : fault.reason(),
            fault == null ? null : fault.detail())
        .map(done -> done.count() > 0);
  }

  @Override
  public Future<Void> giveBack(Claim claim) {
    return query(GIVE_BACK, claim.id(), claim.run(), node).mapEmpty();
  }

  @Override
  public Future<Optional<JobState>> find(String id) {
    return query(FIND, id)
        .map(found ->
            found.rows().isEmpty()
                ? Optional.empty()
                : Optional.of(state(found.rows().getFirst())));
  }

  private static JobState state(Map<String, @Nullable Object> row) {
    Object reason = row.get("reason");
    Number progress = (Number) row.getOrDefault("progress", 0);
    return new JobState(
        text(row, "id"),
        text(row, "name"),
        Stage.of(text(row, "state")),
        progress == null ? 0 : progress.doubleValue(),
        Optional.ofNullable(instant(row, "submitted_at")).orElse(Instant.EPOCH),
        instant(row, "started_at"),
        instant(row, "ended_at"),
        reason == null ? null : new Fault(reason.toString(), text(row, "detail")));
  }

  @Override
  public Future<Optional<Content>> result(String id) {
    return query(RESULT_TYPE, id)
        .compose(found ->
            found.rows().isEmpty()
                ? Future.succeededFuture(Optional.empty())
                : bytes(RESULT, id)
                    .map(bytes ->
                        bytes.map(result ->
                            new Content(
                                text(found.rows().getFirst(), "result_type"), result.getBytes()))));
  }

  @Override
  public Future<Void> cancel(String id) {
    return query(CANCEL, id, (double) LOST_SECONDS).mapEmpty();
  }

  @Override
  public Future<Void> sweep(Collection<String> routes) {
    double keep = config.keep().toMillis() / 1000.0;
    return query(FORGET, keep)
        .compose(nothing ->
            query(
                GIVE_UP,
                Math.max(keep, FOREIGN_SECONDS),
                routes.toArray(new String[0]),
                MOST_RUNS,
                (double) LOST_SECONDS))
        .mapEmpty();
  }

  private static Claim claim(Map<String, @Nullable Object> row) {
    return new Claim(text(row, "id"), row.get("runs") instanceof Number run ? run.intValue() : 0);
  }

  private static String text(Map<String, @Nullable Object> row, String column) {
    return String.valueOf(row.get(column));
  }

  private static @Nullable Instant instant(Map<String, @Nullable Object> row, String column) {
    Object value = row.get(column);
    return value == null ? null : OffsetDateTime.parse(value.toString()).toInstant();
  }
}
