package dev.sluice.gateway.sql;

import dev.sluice.gateway.config.ActionConfig.Sql.Query;
import dev.sluice.gateway.config.ActionConfig.Sql.Result;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * One statement and what its answer is made of. Immutable but for what it learns of its answers.
 *
 * @param far whether the last answer had more rows than one piece; then the next one is prepared
 *     for it
 */
record SelectPlan(QueryPlan query, Result result, int status, AtomicBoolean far)
    implements SqlPlan {
  static SelectPlan of(Query config, QueryPlan query, int status) {
    Result given = config.result();
    Result result =
        given != null ? given : query.text().traits().givesRows() ? Result.ROWS : Result.COUNT;
    return new SelectPlan(query, result, status, new AtomicBoolean());
  }

  @Override
  public boolean needsBody() {
    return query.needsBody();
  }
}
