package dev.sluice.gateway.rollout;

import dev.sluice.gateway.config.RoutingText;
import dev.sluice.gateway.database.Database;
import dev.sluice.gateway.rollout.ConfigTable.Mark;
import io.vertx.core.Future;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a node starts with.
 *
 * @param mark its place among the versions
 * @param trouble why it comes from the copy on disk; null when it comes from the database
 */
record FirstVersion(RoutingText routing, Mark mark, @Nullable String trouble) {
  private static final Logger LOG = LoggerFactory.getLogger(FirstVersion.class);

  /** How long a start waits for the database: when there is a copy, and when there is none. */
  private static final long WITH_COPY_SECONDS = 5;

  private static final long WITHOUT_COPY_SECONDS = 45;

  /** Of a node that has taken none yet. */
  static final FirstVersion NONE = new FirstVersion(RoutingText.EMPTY, new Mark(0, ""), null);

  /**
   * The active version; the copy when the database does not answer; {@link #NONE} when there is no
   * version yet.
   *
   * @param copy empty when there is none; then the database is waited for longer, and without it
   *     the answer fails
   * @param node tells who proposes that this node is to be asked from now on
   */
  static Future<FirstVersion> read(
      Database database, ConfigTable table, Optional<FirstVersion> copy, String node) {
    return database
        .opened()
        .timeout(copy.isPresent() ? WITH_COPY_SECONDS : WITHOUT_COPY_SECONDS, TimeUnit.SECONDS)
        .compose(open -> table.beat(node, node, 0))
        .compose(told -> active(table))
        .recover(cause -> {
          String why = database.trouble();
          return copied(
              copy, database.name(), why == null ? String.valueOf(cause.getMessage()) : why);
        });
  }

  private static Future<FirstVersion> active(ConfigTable table) {
    return table
        .look()
        .compose(look -> {
          Mark active = look.active();
          return active == null
              ? Future.succeededFuture(NONE)
              : table
                  .text(active.change())
                  .map(text -> new FirstVersion(text.orElseThrow(), active, null));
        });
  }

  private static Future<FirstVersion> copied(
      Optional<FirstVersion> copy, String database, String why) {
    if (copy.isEmpty()) {
      return Future.failedFuture(
          "the routing part stands in database "
              + database
              + ", which does not answer ("
              + why
              + "), and this node has no copy of it that could be used");
    }
    FirstVersion last = copy.get();
    LOG.warn("event=config_from_copy version={} cause=\"{}\"", last.mark.version(), why);
    return Future.succeededFuture(new FirstVersion(last.routing, last.mark, why));
  }
}
