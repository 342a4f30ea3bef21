package dev.sluice.gateway.sql;

import dev.sluice.gateway.config.ActionConfig.Sql.Query;
import dev.sluice.gateway.config.ActionConfig.Sql.Result;

/** One statement and what its answer is made of. Immutable. */
record SelectPlan(QueryPlan query, Result result, int status) implements SqlPlan {
  static SelectPlan of(Query config, QueryPlan query, int status) {
    Result given = config.result();
    Result result = given != null ? given : query.text().givesRows() ? Result.ROWS : Result.COUNT;
    return new SelectPlan(query, result, status);
  }

  @Override
  public boolean needsBody() {
    return query.needsBody();
  }
}
