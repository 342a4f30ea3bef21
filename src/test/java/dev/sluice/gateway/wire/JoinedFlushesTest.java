package dev.sluice.gateway.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.embedded.EmbeddedChannel;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is written while the loop reads from the connection, as answers to what it read are. */
class JoinedFlushesTest {
  private final EmbeddedChannel channel = new EmbeddedChannel(new Http2Guard.JoinedFlushes());

  @BeforeEach
  void aReadBegins() {
    channel.config().setWriteBufferWaterMark(new WriteBufferWaterMark(100, 1_000));
    channel.pipeline().fireChannelRead(bytes(1));
  }

  @AfterEach
  void close() {
    channel.finishAndReleaseAll();
  }

  private static ByteBuf bytes(int length) {
    return Unpooled.wrappedBuffer(new byte[length]);
  }

  @Test
  void aWriteThatFillsTheChannelCompletesNoOtherBeforeItReturns() {
    ChannelFuture first = channel.pipeline().write(bytes(10));
    channel.pipeline().flush();
    ChannelFuture second = channel.pipeline().write(bytes(2_000));
    assertThat(channel.isWritable()).isFalse();
    assertThat(first.isDone()).as("another write may follow from this").isFalse();
    channel.pipeline().flush();
    channel.pipeline().fireChannelReadComplete();
    assertThat(first.isSuccess()).isTrue();
    assertThat(second.isSuccess()).isTrue();
    assertThat(channel.isWritable()).isTrue();
  }

  @Test
  void flushesOfOneReadAreOne() {
    for (int i = 0; i < 5; i++) {
      channel.pipeline().writeAndFlush(bytes(10));
      assertThat(channel.outboundMessages()).isEmpty();
    }
    channel.pipeline().fireChannelReadComplete();
    assertThat(channel.outboundMessages()).hasSize(5);
  }
}
