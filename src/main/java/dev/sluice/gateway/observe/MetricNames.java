package dev.sluice.gateway.observe;

/**
 * Every metric's name: {@code sluice_<noun>_<unit>[_total]}, base units. Stable, as dashboards
 * outlive code.
 */
public final class MetricNames {
  /** Histogram of seconds from head to last byte; labels route, status (class), reason. */
  public static final String EXCHANGE_SECONDS = "sluice_exchange_duration_seconds";

  /** Finished exchanges; labels route, status (class), reason. */
  public static final String EXCHANGES = "sluice_exchanges_total";

  /** Body bytes from clients; label route. */
  public static final String BYTES_IN = "sluice_request_body_bytes_total";

  /** Body bytes to clients; label route. */
  public static final String BYTES_OUT = "sluice_response_body_bytes_total";

  /** Attempts at endpoints; labels upstream, endpoint, outcome. */
  public static final String ATTEMPTS = "sluice_upstream_attempts_total";

  /** Connections; labels upstream, endpoint, state (in_use, idle). */
  public static final String POOL_CONNECTIONS = "sluice_pool_connections";

  /** Attempts that wait for a connection; labels upstream, endpoint. */
  public static final String POOL_PENDING = "sluice_pool_pending_attempts";

  /** 1 for healthy; labels upstream, endpoint. */
  public static final String ENDPOINT_HEALTHY = "sluice_endpoint_healthy";

  /** 1 while ejected; labels upstream, endpoint. */
  public static final String ENDPOINT_EJECTED = "sluice_endpoint_ejected";

  /** Ejections so far; labels upstream, endpoint. */
  public static final String EJECTIONS = "sluice_endpoint_ejections_total";

  /** 1 for the state that holds; labels upstream, state. */
  public static final String BREAKER_STATE = "sluice_breaker_state";

  /** Attempts beyond the first; label upstream. */
  public static final String RETRIES = "sluice_retries_total";

  /** Retries that the budget would still allow; label upstream. */
  public static final String RETRY_BUDGET = "sluice_retry_budget_retries";

  /** Lateness of the last probe; label loop. */
  public static final String LOOP_LAG = "sluice_loop_lag_seconds";

  /** Largest lateness since the last scrape; label loop. */
  public static final String LOOP_LAG_MAX = "sluice_loop_lag_max_seconds";

  /** Share of the last interval that the loop's thread spent on a CPU, 0 to 1; label loop. */
  public static final String LOOP_BUSY = "sluice_loop_busy_ratio";

  /** 1 for a node of the cluster that told its metrics, 0 for one that did not; label node. */
  public static final String NODE_UP = "sluice_cluster_node_up";

  /** Nodes of the cluster as this one sees them, itself among them. */
  public static final String NODES = "sluice_cluster_nodes";

  /** Hints of ejections and openings that other nodes gave. */
  public static final String HINTS = "sluice_cluster_hints_total";

  /** Requests that a quota refused; label quota. */
  public static final String QUOTA_REFUSED = "sluice_quota_refused_total";

  /** Requests that a dry run would have refused; label quota. */
  public static final String QUOTA_TOLERATED = "sluice_quota_tolerated_total";

  /** Keys that a quota remembers; label quota. */
  public static final String QUOTA_KEYS = "sluice_quota_keys";

  /** Exchanges under way. */
  public static final String IN_FLIGHT = "sluice_exchanges_in_flight";

  /** Resident memory of the process. */
  public static final String RESIDENT = "sluice_process_resident_bytes";

  /** Access-log lines that found no room or could not be written. */
  public static final String LOG_DROPPED = "sluice_access_log_dropped_lines_total";

  /** Applied configurations. */
  public static final String RELOADS = "sluice_config_reloads_total";

  /** Refused configurations. */
  public static final String RELOAD_FAILURES = "sluice_config_reload_failures_total";

  /** Wall-clock time of the last applied configuration, seconds since 1970. */
  public static final String RELOAD_SUCCESS = "sluice_config_last_success_timestamp_seconds";

  /** Failures of futures that nobody waits for. */
  public static final String UNWATCHED = "sluice_unwatched_failures_total";

  /** Connections that could not be accepted for want of a file descriptor. */
  public static final String NOT_ACCEPTED = "sluice_accept_failures_total";

  /** Offloaded tasks that run; label pool. */
  public static final String TASKS_ACTIVE = "sluice_tasks_active";

  /** Offloaded tasks that wait; label pool. */
  public static final String TASKS_WAITING = "sluice_tasks_waiting";

  /** Offloaded tasks that were given up and do not end; label pool. */
  public static final String TASKS_STUCK = "sluice_tasks_stuck";

  /** Tasks that found the queue full; label pool. */
  public static final String TASKS_REJECTED = "sluice_tasks_rejected_total";

  /** How long tasks waited for a place; labels pool, task. */
  public static final String TASK_QUEUE_SECONDS = "sluice_task_queue_seconds";

  /** How long tasks ran; labels pool, task. */
  public static final String TASK_RUN_SECONDS = "sluice_task_run_seconds";

  /** Asynchronous jobs that run on this node. */
  public static final String JOBS_ACTIVE = "sluice_jobs_active";

  /** Connections to databases; labels database, state. */
  public static final String DATABASE_CONNECTIONS = "sluice_database_connections";

  /** Statements and transactions that wait for a connection; label database. */
  public static final String DATABASE_WAITING = "sluice_database_waiting";

  /** 1 for a database that serves; label database. */
  public static final String DATABASE_UP = "sluice_database_up";

  /** Requests that a limit refused; label limit. */
  public static final String LIMIT_REFUSED = "sluice_limit_refused_total";

  /** Requests that waited for their turn; label limit. */
  public static final String LIMIT_DELAYED = "sluice_limit_delayed_total";

  /** Requests that a dry run would have refused; label limit. */
  public static final String LIMIT_TOLERATED = "sluice_limit_tolerated_total";

  /** Keys that a limit remembers; label limit. */
  public static final String LIMIT_KEYS = "sluice_limit_keys";

  private MetricNames() {}
}
