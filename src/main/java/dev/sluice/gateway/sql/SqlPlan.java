package dev.sluice.gateway.sql;

/** What a SQL action does, compiled. Immutable. */
sealed interface SqlPlan permits SelectPlan, TransactionPlan, IngestPlan {
  /** Whether a template asks for the request's body. */
  boolean needsBody();
}
