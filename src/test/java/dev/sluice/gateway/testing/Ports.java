package dev.sluice.gateway.testing;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Ports for what is started again at the same port. They are below those that the system gives to
 * clients, so that no connection takes one in between.
 */
public final class Ports {
  private static final int FIRST = 12_000;
  private static final int BEYOND = 32_000;
  private static final int TRIES = 10_000;

  private Ports() {}

  /** So many that nobody listens on now. */
  public static List<Integer> free(int count) {
    Set<Integer> found = new LinkedHashSet<>();
    for (int i = 0; i < TRIES && found.size() < count; i++) {
      int port = ThreadLocalRandom.current().nextInt(FIRST, BEYOND);
      try (ServerSocket socket = new ServerSocket()) {
        socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        found.add(port);
      } catch (IOException taken) {
        continue;
      }
    }
    return List.copyOf(found);
  }
}
