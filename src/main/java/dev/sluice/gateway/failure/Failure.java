package dev.sluice.gateway.failure;

/**
 * Every way in which the gateway itself ends an exchange without the upstream's answer.
 *
 * <p>The {@link #reason()} is stable: it stands unchanged in the problem body (RFC 9457), the
 * access log, the metric's label and the admin API.
 */
public enum Failure {
  NO_ROUTE(Source.CLIENT, 404, Retry.NEVER, 12),
  METHOD_NOT_ALLOWED(Source.CLIENT, 405, Retry.NEVER, 12),
  BAD_REQUEST(Source.CLIENT, 400, Retry.NEVER, 3),
  URI_TOO_LONG(Source.CLIENT, 414, Retry.NEVER, 3),
  HEADERS_TOO_LARGE(Source.CLIENT, 431, Retry.NEVER, 8),
  BODY_TOO_LARGE(Source.CLIENT, 413, Retry.NEVER, 8),
  REQUEST_TIMEOUT(Source.CLIENT, 408, Retry.NEVER, 4),
  UNAUTHENTICATED(Source.CLIENT, 401, Retry.NEVER, 16),
  FORBIDDEN(Source.CLIENT, 403, Retry.NEVER, 7),
  RATE_LIMITED(Source.CLIENT, 429, Retry.NEVER, 8),
  OVERLOADED(Source.GATEWAY, 503, Retry.NEVER, 8),
  QUEUE_FULL(Source.GATEWAY, 503, Retry.NEVER, 8),
  NO_HEALTHY_ENDPOINT(Source.UPSTREAM, 503, Retry.NEVER, 14),
  BREAKER_OPEN(Source.UPSTREAM, 503, Retry.NEVER, 14),
  CONNECT_FAILED(Source.UPSTREAM, 502, Retry.UNSENT, 14),
  DNS_FAILED(Source.UPSTREAM, 502, Retry.UNSENT, 14),
  CONNECT_TIMEOUT(Source.UPSTREAM, 504, Retry.UNSENT, 14),
  TLS_FAILED(Source.UPSTREAM, 502, Retry.UNSENT, 14),
  UPSTREAM_RESET(Source.UPSTREAM, 502, Retry.IDEMPOTENT, 14),
  UPSTREAM_PROTOCOL_ERROR(Source.UPSTREAM, 502, Retry.NEVER, 14),
  UPSTREAM_TIMEOUT(Source.UPSTREAM, 504, Retry.IDEMPOTENT, 4),
  ANSWER_TOO_LARGE(Source.UPSTREAM, 502, Retry.NEVER, 8),
  DEADLINE_EXCEEDED(Source.UPSTREAM, 504, Retry.NEVER, 4),
  CLIENT_GONE(Source.CLIENT, 499, Retry.NEVER, 1),
  DRAINING(Source.GATEWAY, 503, Retry.NEVER, 14),
  JOB_REJECTED(Source.GATEWAY, 503, Retry.NEVER, 8),
  JOB_FAILED(Source.GATEWAY, 500, Retry.NEVER, 13),
  PART_FAILED(Source.UPSTREAM, 502, Retry.NEVER, 14),
  NOT_FOUND(Source.CLIENT, 404, Retry.NEVER, 5),
  CONFLICT(Source.CLIENT, 409, Retry.NEVER, 10),
  INVALID_INPUT(Source.CLIENT, 400, Retry.NEVER, 3),
  DATABASE_UNAVAILABLE(Source.UPSTREAM, 503, Retry.NEVER, 14),
  DATABASE_ERROR(Source.UPSTREAM, 500, Retry.NEVER, 13),
  EXPECTATION_FAILED(Source.CLIENT, 417, Retry.NEVER, 3),
  NOT_IMPLEMENTED(Source.CLIENT, 501, Retry.NEVER, 12),
  CANCELLED(Source.GATEWAY, 503, Retry.NEVER, 1),
  INTERNAL(Source.GATEWAY, 500, Retry.NEVER, 13);

  private final Source source;
  private final int status;
  private final Retry retry;
  private final int grpcStatus;
  private final String reason;

  Failure(Source source, int status, Retry retry, int grpcStatus) {
    this.source = source;
    this.status = status;
    this.retry = retry;
    this.grpcStatus = grpcStatus;
    this.reason = name().toLowerCase(java.util.Locale.ROOT);
  }

  /** Who is to blame. */
  public Source source() {
    return source;
  }

  /** The HTTP status of the answer; 499 is for the log only and is never sent. */
  public int status() {
    return status;
  }

  /** Whether another attempt may follow. */
  public Retry retry() {
    return retry;
  }

  /** The {@code grpc-status} that a gRPC client gets in place of the HTTP status. */
  public int grpcStatus() {
    return grpcStatus;
  }

  /** The stable code, for instance {@code connect_failed}. */
  public String reason() {
    return reason;
  }
}
