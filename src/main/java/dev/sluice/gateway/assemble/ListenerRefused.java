package dev.sluice.gateway.assemble;

import dev.sluice.gateway.config.ListenerConfig;
import org.jspecify.annotations.Nullable;

/** A listener's socket cannot be opened; the message names both and says why. */
public final class ListenerRefused extends Exception {
  private static final long serialVersionUID = 1L;

  private final String address;
  private final int port;

  public ListenerRefused(ListenerConfig listener, String why, @Nullable Throwable cause) {
    super(
        "listener \"%s\" cannot be opened on %s: %s"
            .formatted(
                listener.name(),
                listener.address().startsWith("unix:")
                    ? listener.address()
                    : listener.address() + ":" + listener.port(),
                why),
        cause);
    this.address = listener.address();
    this.port = listener.port();
  }

  String address() {
    return address;
  }

  int port() {
    return port;
  }
}
