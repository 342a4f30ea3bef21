package dev.sluice.gateway.upstream;

import dev.sluice.gateway.failure.Failure;
import io.vertx.core.http.HttpClientConnection;
import org.jspecify.annotations.Nullable;

/** What is known of upstream connections beneath Vert.x; filled by {@code wire}. On their loops. */
@FunctionalInterface
public interface ConnectionGuard {
  /** Watches nothing. */
  Installed NONE =
      new Installed() {
        @Override
        public void expect(String method, boolean upgrade) {}

        @Override
        public @Nullable Failure violation() {
          return null;
        }
      };

  /** Whether a connection that Vert.x handed out is still open. */
  default boolean open(HttpClientConnection connection) {
    return true;
  }

  /** Puts a guard in front of a fresh connection. */
  Installed install(HttpClientConnection connection);

  /** The guard of one connection. */
  interface Installed {
    /**
     * A request with this method is about to be sent.
     *
     * @param upgrade whether it asks for another protocol
     */
    void expect(String method, boolean upgrade);

    /** What the peer did wrong; null when nothing. */
    @Nullable Failure violation();
  }
}
