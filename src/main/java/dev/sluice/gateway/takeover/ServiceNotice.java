package dev.sluice.gateway.takeover;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.epoll.EpollDomainDatagramChannel;
import io.netty.channel.unix.DomainSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells a service manager (systemd and those that speak its {@code sd_notify}) that this process
 * serves, and that it is the main one now. Blocks; not on an event loop.
 */
public final class ServiceNotice {
  private static final Logger LOG = LoggerFactory.getLogger(ServiceNotice.class);

  private ServiceNotice() {}

  /**
   * Tells it; a failure is logged only.
   *
   * @param socket as in {@code NOTIFY_SOCKET}: a path, or a name in the abstract space after an @
   */
  public static void serves(String socket) {
    String words = "READY=1\nMAINPID=" + ProcessHandle.current().pid();
    String path = socket.startsWith("@") ? "\0" + socket.substring(1) : socket;
    EventLoopGroup loop = ControlSocket.loop();
    try {
      ChannelFuture told =
          new Bootstrap()
              .group(loop)
              .channel(EpollDomainDatagramChannel.class)
              .handler(new ChannelInboundHandlerAdapter())
              .connect(new DomainSocketAddress(path))
              .awaitUninterruptibly();
      if (told.isSuccess()) {
        told =
            told.channel()
                .writeAndFlush(Unpooled.copiedBuffer(words, StandardCharsets.UTF_8))
                .awaitUninterruptibly();
      }
      if (!told.isSuccess()) {
        LOG.warn("event=service_not_told socket={} why=\"{}\"", socket, told.cause().getMessage());
      }
    } finally {
      loop.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }
  }
}
