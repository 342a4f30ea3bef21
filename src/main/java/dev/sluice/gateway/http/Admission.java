package dev.sluice.gateway.http;

import dev.sluice.gateway.failure.Failure;
import org.jspecify.annotations.Nullable;

/** What came of looking at a request's head before anything else sees it. */
public sealed interface Admission {
  /**
   * It is unambiguous.
   *
   * @param path normal form: dot segments resolved, needlessly encoded characters decoded, still percent-encoded
   * @param query without the question mark; null when there is none
   * @param host lower case, no port, no brackets' change
   * @param authority host and port as the client wrote them
   */
  record Admitted(String path, @Nullable String query, String host, String authority) implements Admission {}

  /** It is refused. */
  record Refused(Failure failure, String detail) implements Admission {}
}
