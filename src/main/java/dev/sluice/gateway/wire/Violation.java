package dev.sluice.gateway.wire;

import dev.sluice.gateway.failure.Failure;
import io.netty.util.AttributeKey;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.net.impl.ConnectionBase;
import org.jspecify.annotations.Nullable;

/**
 * What a guard found on a connection that it then gave up.
 *
 * @param failure the reason
 * @param detail a few words, none of them the peer's
 */
public record Violation(Failure failure, String detail) {
  static final AttributeKey<Violation> KEY = AttributeKey.valueOf(Violation.class, "found");

  /**
   * What was found on this connection of client or server; null when all is well. On its event
   * loop.
   */
  public static @Nullable Violation of(HttpConnection connection) {
    return connection instanceof ConnectionBase base ? base.channel().attr(KEY).get() : null;
  }
}
