package dev.sluice.gateway.http;

import dev.sluice.gateway.failure.Failure;
import org.jspecify.annotations.Nullable;

/** What came of looking at a request's head before anything else sees it. */
public sealed interface Admission {
  /**
   * It is unambiguous.
   *
   * @param path normal form: dot segments resolved, needlessly encoded characters decoded, still
   *     percent-encoded
   * @param query without the question mark; null when there is none
   * @param host lower case, no port
   * @param authority host and port as the client wrote them
   * @param encodedSlash whether the path holds an encoded slash or backslash, which only some
   *     routes take
   */
  record Admitted(
      String path, @Nullable String query, String host, String authority, boolean encodedSlash)
      implements Admission {}

  /** It is refused. */
  record Refused(Failure failure, String detail) implements Admission {}
}
