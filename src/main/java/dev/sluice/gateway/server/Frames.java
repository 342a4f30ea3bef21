package dev.sluice.gateway.server;

import dev.sluice.gateway.assemble.Snapshot;
import dev.sluice.gateway.route.Route;

/**
 * The largest WebSocket frame that any route takes: the decoder's bound, since it cannot know the
 * route.
 */
final class Frames {
  private static final int LEAST = 65_536;

  private Frames() {}

  static int largest(Snapshot snapshot) {
    int largest = LEAST;
    for (Route route : snapshot.routes().routes()) {
      largest = Math.max(largest, route.config().webSocket().maxFrameBytes());
    }
    return largest;
  }
}
