package dev.sluice.gateway.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.CoalescingBufferQueue;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2ConnectionHandlerBuilder;
import io.netty.handler.codec.http2.Http2FrameAdapter;
import io.netty.handler.codec.http2.Http2RemoteFlowController;
import io.netty.handler.codec.http2.Http2Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a stream is told while its channel fills and empties within one turn of the loop. */
class ConnectionsTest {
  private final Http2ConnectionHandler handler =
      new Http2ConnectionHandlerBuilder()
          .server(true)
          .frameListener(new Http2FrameAdapter())
          .build();
  private final Http2RemoteFlowController flow = handler.encoder().flowController();
  private final EmbeddedChannel channel = new EmbeddedChannel();
  private boolean told;

  /** What Vert.x makes of it: it takes every word for a change. */
  private Http2Stream openStream() throws Exception {
    flow.listener(stream -> told = !told);
    channel.pipeline().addLast(handler);
    Http2Connection connection = handler.connection();
    Http2Stream stream = connection.remote().createStream(3, false);
    assertThat(told).as("a new stream is writable").isTrue();
    return stream;
  }

  /** As TLS does: bytes wait, a window update of the stream comes, and the bytes leave. */
  private void fillAndEmptyWithAWindowUpdateBetween(Http2Stream stream) throws Exception {
    CoalescingBufferQueue waiting = new CoalescingBufferQueue(channel, 4, true);
    ByteBuf bytes = Unpooled.wrappedBuffer(new byte[1 << 20]);
    waiting.add(bytes, channel.newPromise());
    assertThat(channel.isWritable()).isFalse();
    flow.incrementWindowSize(stream, 1);
    waiting.remove(bytes.readableBytes(), channel.newPromise()).release();
    assertThat(channel.isWritable()).isTrue();
    channel.runPendingTasks();
  }

  @AfterEach
  void close() {
    channel.finishAndReleaseAll();
  }

  @Test
  void aStreamIsToldWhenItsChannelIsWritableAgain() throws Exception {
    Http2Stream stream = openStream();
    Connections.wakeStreams(channel.pipeline());
    fillAndEmptyWithAWindowUpdateBetween(stream);
    assertThat(flow.isWritable(stream)).isTrue();
    assertThat(told).isTrue();
  }

  @Test
  void withoutTheWatchTheStreamWouldWaitForEver() throws Exception {
    Http2Stream stream = openStream();
    fillAndEmptyWithAWindowUpdateBetween(stream);
    assertThat(flow.isWritable(stream)).isTrue();
    assertThat(told).as("Netty may have mended it: then the watch can go").isFalse();
  }
}
