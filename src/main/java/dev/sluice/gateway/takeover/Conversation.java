package dev.sluice.gateway.takeover;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.unix.DomainSocketReadMode;
import io.netty.channel.unix.FileDescriptor;
import io.netty.handler.codec.LineBasedFrameDecoder;
import io.netty.handler.codec.string.StringDecoder;
import io.netty.handler.codec.string.StringEncoder;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Lines and file descriptors between two processes, one saying after the other. Its methods block;
 * not on an event loop.
 */
final class Conversation implements AutoCloseable {
  private static final int LONGEST_LINE = 256 * 1024;
  private static final long WRITE_SECONDS = 10;
  private static final long CLOSE_MILLIS = 1000;
  private static final Object END = new Object();

  private final EpollDomainSocketChannel channel;
  private final BlockingQueue<Object> heard = new LinkedBlockingQueue<>();

  /** Nothing was said in time. */
  static final class Silent extends IOException {
    private static final long serialVersionUID = 1L;

    Silent() {
      super("the other process says nothing");
    }
  }

  /** On the channel's loop, before anything is read. */
  Conversation(EpollDomainSocketChannel channel) {
    this.channel = channel;
    channel
        .pipeline()
        .addLast(
            new LineBasedFrameDecoder(LONGEST_LINE),
            new StringDecoder(),
            new StringEncoder(),
            new Ear());
    // Not by the pipeline: a loop that is shut down tells it nothing any more.
    channel.closeFuture().addListener(closed -> heard.add(END));
  }

  private final class Ear extends ChannelInboundHandlerAdapter {
    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      heard.add(message);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      ctx.close();
    }
  }

  /** The user whose process is at the other end. */
  int peer() throws IOException {
    return channel.peerCredentials().uid();
  }

  void say(String line) throws IOException {
    write(line + "\n");
  }

  private void write(Object message) throws IOException {
    try {
      channel.writeAndFlush(message).get(WRITE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException stop) {
      Thread.currentThread().interrupt();
      throw new IOException(stop);
    } catch (ExecutionException | TimeoutException e) {
      throw new IOException("the other process does not listen", e);
    }
  }

  /** The next line; null when the other one has hung up. */
  @Nullable String line(Duration patience) throws IOException {
    return next(patience) instanceof String line ? line : null;
  }

  private Object next(Duration patience) throws IOException {
    try {
      Object next = heard.poll(patience.toMillis(), TimeUnit.MILLISECONDS);
      if (next == null) {
        throw new Silent();
      }
      if (next == END) {
        heard.add(END); // for whoever asks again
      }
      return next;
    } catch (InterruptedException stop) {
      Thread.currentThread().interrupt();
      throw new IOException(stop);
    }
  }

  /** Sends descriptors; the other one has to be in {@link #receive}. */
  void send(Iterable<Integer> descriptors) throws IOException {
    for (int descriptor : descriptors) {
      write(new FileDescriptor(descriptor));
    }
  }

  /** Asks with {@code line} for so many descriptors; when they do not all come, none is kept. */
  List<Integer> receive(String line, int count, Duration patience) throws IOException {
    channel.config().setReadMode(DomainSocketReadMode.FILE_DESCRIPTORS);
    say(line);
    List<Integer> descriptors = new ArrayList<>();
    try {
      while (descriptors.size() < count) {
        if (!(next(patience) instanceof FileDescriptor given)) {
          throw new IOException("the other process has hung up");
        }
        descriptors.add(given.intValue());
      }
    } catch (IOException e) {
      for (int descriptor : descriptors) {
        new FileDescriptor(descriptor).close();
      }
      throw e;
    }
    channel.config().setReadMode(DomainSocketReadMode.BYTES);
    return descriptors;
  }

  /** Waits until the other one has hung up; false when it has not in time. */
  boolean ended(Duration patience) throws IOException {
    try {
      return next(patience) == END;
    } catch (Silent stillThere) {
      return false;
    }
  }

  @Override
  public void close() {
    channel.close().awaitUninterruptibly(CLOSE_MILLIS);
  }
}
