package dev.sluice.gateway.takeover;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.epoll.EpollDomainDatagramChannel;
import io.netty.channel.unix.DomainDatagramPacket;
import io.netty.channel.unix.DomainSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServiceNoticeTest {
  @TempDir private Path folder;

  @Test
  void theServiceManagerHearsThatThisIsTheMainProcess() throws Exception {
    Path socket = folder.resolve("notify");
    CompletableFuture<String> heard = new CompletableFuture<>();
    EventLoopGroup loop = ControlSocket.loop();
    try {
      new Bootstrap()
          .group(loop)
          .channel(EpollDomainDatagramChannel.class)
          .handler(
              new SimpleChannelInboundHandler<DomainDatagramPacket>() {
                @Override
                protected void channelRead0(ChannelHandlerContext ctx, DomainDatagramPacket told) {
                  heard.complete(told.content().toString(StandardCharsets.UTF_8));
                }
              })
          .bind(new DomainSocketAddress(socket.toString()))
          .sync();
      ServiceNotice.serves(socket.toString());
      assertThat(heard.get(10, TimeUnit.SECONDS))
          .isEqualTo("READY=1\nMAINPID=" + ProcessHandle.current().pid());
    } finally {
      loop.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync();
    }
  }
}
