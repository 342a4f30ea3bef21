package dev.sluice.gateway.sql;

import dev.sluice.gateway.config.ActionConfig.Sql.Ingest;
import dev.sluice.gateway.config.DatabaseConfig.Kind;

/** Many rows from a body. Immutable but for what it learns of its table. */
record IngestPlan(Ingest config, IngestStatement statement, int status) implements SqlPlan {
  IngestPlan(Ingest config, Kind kind, int status) {
    this(config, new IngestStatement(config, kind), status);
  }

  @Override
  public boolean needsBody() {
    return false;
  }
}
