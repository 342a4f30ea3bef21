package dev.sluice.gateway.rollout;

import dev.sluice.gateway.config.DatabaseConfig.Kind;
import dev.sluice.gateway.config.RoutingText;
import dev.sluice.gateway.database.Cancellation;
import dev.sluice.gateway.database.Database;
import dev.sluice.gateway.database.SqlFault;
import dev.sluice.gateway.database.SqlText;
import dev.sluice.gateway.failure.Failed;
import dev.sluice.gateway.failure.Failure;
import io.vertx.core.Future;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * The tables of versions, nodes and votes. Times are the database's, so that nodes whose clocks
 * differ agree. Any event loop; futures fail with {@link Failed}.
 */
final class ConfigTable {
  /** Who listens on it looks again. */
  static final String CHANNEL = "sluice_config";

  /** A node that has not told for so long that it lives is not asked. */
  private static final int LIVE_SECONDS = 6;

  /** A proposal this old is nobody's any more. */
  private static final int PROPOSAL_SECONDS = 30;

  /** Versions that are kept. */
  private static final int KEPT = 1_000;

  /** No statement is waited for longer. */
  private static final long ANSWER_SECONDS = 10;

  private static final SqlText BEAT =
      sql(
          """
          insert into sluice_config_nodes (node, name, seen_at, version) values ($1, $2, now(), $3)
          on conflict (node) do update
          set name = excluded.name, seen_at = excluded.seen_at, version = excluded.version\
          """);
  private static final SqlText LEAVE = sql("delete from sluice_config_nodes where node = $1");
  private static final SqlText LOOK =
      sql(
          """
          select version, change, taken_at is not null as taken from sluice_config
          where version = (select max(version) from sluice_config where taken_at is not null)
            or (taken_at is null and proposed_at > now() - make_interval(secs => $1))\
          """);
  private static final SqlText TEXT =
      sql("select version, text from sluice_config where change = $1");
  private static final SqlText FORGET_PROPOSALS =
      sql(
          """
          delete from sluice_config
          where taken_at is null and proposed_at <= now() - make_interval(secs => $1)\
          """);
  private static final SqlText PROPOSE =
      sql(
          """
          insert into sluice_config (version, change, text, author, comment)
          select active + 1, $1::text, $2::text, $3::text, $4::text
          from (select coalesce(max(version), 0) as active from sluice_config
                where taken_at is not null) as known
          where $5::bigint is null or active = $5::bigint
          on conflict do nothing returning version\
          """);
  private static final SqlText VOTE =
      sql(
          """
          insert into sluice_config_votes (change, node, problems)
          select change, $2::text, $3::text from sluice_config where change = $1
          on conflict do nothing\
          """);
  private static final SqlText TAKE =
      sql(
          """
          update sluice_config set taken_at = now()
          where change = $1 and taken_at is null and not exists (
            select 1 from sluice_config_nodes as n
            where seen_at > now() - make_interval(secs => $2) and not exists (
              select 1 from sluice_config_votes as v
              where v.change = $1 and v.node = n.node and v.problems is null))\
          """);
  private static final SqlText VOTES =
      sql(
          """
          select n.name, v.node is not null as voted, v.problems from sluice_config_nodes as n
          left join sluice_config_votes as v on v.node = n.node and v.change = $1
          where n.seen_at > now() - make_interval(secs => $2) or v.problems is not null
          order by n.name\
          """);
  private static final SqlText DROP =
      sql("delete from sluice_config where change = $1 and taken_at is null");
  private static final SqlText TELL = sql("select pg_notify('" + CHANNEL + "', '')");
  private static final SqlText FORGET_VERSIONS =
      sql("delete from sluice_config where version <= $1 and taken_at is not null");
  private static final SqlText FORGET_NODES =
      sql("delete from sluice_config_nodes where seen_at < now() - interval '1 hour'");
  private static final String VERSION =
      """
      select version, change, author, comment, coalesce(taken_at, proposed_at) as at
      from sluice_config where taken_at is not null\
      """;
  private static final SqlText LIST = sql(VERSION + " order by version desc limit $1");
  private static final SqlText FIND = sql(VERSION + " and version = $1");

  private final Database database;

  /**
   * What is active and what is proposed.
   *
   * @param active null before the first version
   * @param proposed null when nothing is
   */
  record Look(@Nullable Mark active, @Nullable Mark proposed) {}

  /** A version and which attempt at it. */
  record Mark(long version, String change) {}

  /**
   * What a node says of a proposal.
   *
   * @param node its name
   * @param voted whether it has said something
   * @param problems null when it holds the version ready
   */
  record Vote(String node, boolean voted, @Nullable String problems) {}

  ConfigTable(Database database) {
    this.database = database;
  }

  private static SqlText sql(String text) {
    return SqlText.of(text, Kind.POSTGRES);
  }

  private Future<Database.Result> query(SqlText text, @Nullable Object... values) {
    return database
        .query(text, Arrays.asList(values), new Cancellation())
        .timeout(ANSWER_SECONDS, TimeUnit.SECONDS)
        .recover(cause ->
            Future.failedFuture(
                switch (cause) {
                  case SqlFault fault -> fault.failed();
                  case TimeoutException late ->
                      new Failed(
                          Failure.DATABASE_UNAVAILABLE,
                          "database " + database.name() + " does not answer");
                  default -> cause;
                }));
  }

  /** Tells that this node lives. */
  Future<Void> beat(String node, String name, long version) {
    return query(BEAT, node, name, version).mapEmpty();
  }

  /** Takes this node out of those that are asked. */
  Future<Void> leave(String node) {
    return query(LEAVE, node).mapEmpty();
  }

  Future<Look> look() {
    return query(LOOK, (double) PROPOSAL_SECONDS)
        .map(found -> {
          Mark active = null;
          Mark proposed = null;
          for (Map<String, @Nullable Object> row : found.rows()) {
            Mark mark = new Mark(number(row), text(row, "change"));
            if (Boolean.TRUE.equals(row.get("taken"))) {
              active = mark;
            } else {
              proposed = mark;
            }
          }
          return new Look(active, proposed);
        });
  }

  /** The text of an attempt; empty when it is no longer there. */
  Future<Optional<RoutingText>> text(String change) {
    return query(TEXT, change)
        .map(found ->
            found.rows().stream()
                .findFirst()
                .map(row -> RoutingText.of(number(row), text(row, "text"))));
  }

  /**
   * Proposes a version that follows the active one.
   *
   * @param expected the version that must be active; null for any
   * @return its number; empty when another is active or another proposal is there
   */
  Future<Optional<Long>> propose(String change, Draft draft) {
    return query(FORGET_PROPOSALS, (double) PROPOSAL_SECONDS)
        .compose(nothing ->
            query(PROPOSE, change, draft.text(), draft.author(), draft.comment(), draft.follows()))
        .map(done -> done.rows().stream().findFirst().map(ConfigTable::number));
  }

  /** Says what this node thinks of a proposal. */
  Future<Void> vote(String change, String node, @Nullable String problems) {
    return query(VOTE, change, node, problems).mapEmpty();
  }

  /** Makes a proposal the active version when every node that lives holds it ready. */
  Future<Boolean> take(String change) {
    return query(TAKE, change, (double) LIVE_SECONDS).map(done -> done.count() == 1);
  }

  /** What the living say of a proposal, and whoever has something against it. */
  Future<List<Vote>> votes(String change) {
    return query(VOTES, change, (double) LIVE_SECONDS)
        .map(found -> {
          List<Vote> votes = new ArrayList<>();
          for (Map<String, @Nullable Object> row : found.rows()) {
            Object problems = row.get("problems");
            votes.add(
                new Vote(
                    text(row, "name"),
                    Boolean.TRUE.equals(row.get("voted")),
                    problems == null ? null : problems.toString()));
          }
          return votes;
        });
  }

  /** Takes a proposal back. */
  Future<Void> drop(String change) {
    return query(DROP, change).mapEmpty();
  }

  /** Wakes all nodes that listen. */
  Future<Void> tell() {
    return query(TELL).mapEmpty();
  }

  /** Removes what is too old to be kept. */
  Future<Void> forget(long active) {
    return query(FORGET_VERSIONS, active - KEPT).compose(nothing -> query(FORGET_NODES)).mapEmpty();
  }

  /** The newest versions first. */
  Future<List<Version>> list(int limit) {
    return query(LIST, (long) limit)
        .map(found -> found.rows().stream().map(ConfigTable::version).toList());
  }

  /** Empty when there is none of this number. */
  Future<Optional<Version>> find(long version) {
    return query(FIND, version)
        .map(found -> found.rows().stream().findFirst().map(ConfigTable::version));
  }

  private static Version version(Map<String, @Nullable Object> row) {
    return new Version(
        number(row),
        text(row, "change"),
        text(row, "author"),
        text(row, "comment"),
        at(text(row, "at")));
  }

  private static Instant at(String time) {
    return OffsetDateTime.parse(time).toInstant();
  }

  private static long number(Map<String, @Nullable Object> row) {
    return row.get("version") instanceof Number number ? number.longValue() : 0;
  }

  private static String text(Map<String, @Nullable Object> row, String column) {
    return String.valueOf(row.get(column));
  }
}
