package dev.sluice.gateway.upstream;

import dev.sluice.gateway.failure.Failure;
import io.vertx.core.http.HttpClientConnection;
import org.jspecify.annotations.Nullable;

/** Watches the bytes of upstream connections; filled by {@code wire}. */
@FunctionalInterface
public interface ConnectionGuard {
  /** Watches nothing. */
  Installed NONE =
      new Installed() {
        @Override
        public void expect(String method) {}

        @Override
        public @Nullable Failure violation() {
          return null;
        }
      };

  /** Puts a guard in front of a fresh connection; on its loop. */
  Installed install(HttpClientConnection connection);

  /** The guard of one connection; on its loop. */
  interface Installed {
    /** A request with this method is about to be sent. */
    void expect(String method);

    /** What the peer did wrong; null when nothing. */
    @Nullable Failure violation();
  }
}
