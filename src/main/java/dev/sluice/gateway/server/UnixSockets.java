package dev.sluice.gateway.server;

import dev.sluice.gateway.assemble.ListenerRefused;
import dev.sluice.gateway.assemble.Snapshot;
import dev.sluice.gateway.config.ListenerConfig;
import dev.sluice.gateway.exchange.Ingress;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Unix sockets that somebody else serves: binding one replaces its file without a word, which is
 * right only for what a killed process left. Blocks for a connect; not on an event loop.
 */
public final class UnixSockets {
  private static final String SCHEME = "unix:";

  private UnixSockets() {}

  /**
   * What keeps a listener of {@code next} from being opened; null when nothing does.
   *
   * @param now what this process serves already; null before its start
   * @param inherited whether another process hands the socket of an address to this one
   */
  public static @Nullable ListenerRefused taken(
      Snapshot next, @Nullable Snapshot now, Predicate<String> inherited) {
    for (Ingress ingress : next.ingresses()) {
      ListenerConfig config = ingress.config();
      if (config.address().startsWith(SCHEME)
          && !serves(now, config.address())
          && !inherited.test(config.address())
          && answers(config.address())) {
        return new ListenerRefused(config, "another process serves it", null);
      }
    }
    return null;
  }

  private static boolean serves(@Nullable Snapshot now, String address) {
    return now != null
        && now.ingresses().stream().anyMatch(ingress -> ingress.config().address().equals(address));
  }

  private static boolean answers(String address) {
    Path path = Path.of(address.substring(SCHEME.length()));
    try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(path))) {
      return channel.isConnected();
    } catch (IOException nobody) {
      return false;
    }
  }
}
