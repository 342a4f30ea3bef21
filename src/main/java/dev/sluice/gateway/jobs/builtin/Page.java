package dev.sluice.gateway.jobs.builtin;

import io.vertx.core.buffer.Buffer;
import java.net.URI;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** One page on its way. Confined to its run's loop. */
final class Page {
  /** As it was given. */
  final String url;

  /** Where it is asked for; null when it is no URL. */
  final @Nullable URI uri;

  int attempts;
  long startedNanos;
  @Nullable Instant startedAt;

  Page(String url, @Nullable URI uri) {
    this.url = url;
    this.uri = uri;
  }

  /**
   * What came of an attempt.
   *
   * @param status 0 when there was no answer
   * @param length bytes of the body
   * @param body null when it is not kept
   * @param error null for an answer below 400
   * @param again whether another attempt may help
   * @param afterNanos what the host asks to wait before it
   */
  record Outcome(
      int status,
      long length,
      String type,
      @Nullable Buffer body,
      @Nullable String error,
      boolean again,
      long afterNanos) {
    static Outcome failed(String error, boolean again) {
      return new Outcome(0, 0, "", null, error, again, 0);
    }
  }
}
