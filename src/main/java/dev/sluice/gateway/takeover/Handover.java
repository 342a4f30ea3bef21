package dev.sluice.gateway.takeover;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Waits for a process that wants to take this one's place, and hands the listening sockets to it.
 * One at a time; until it says that it is ready, this process can go on as if nothing had happened.
 */
public final class Handover implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Handover.class);
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  /** For loading, connecting to databases, opening what is new. */
  private static final Duration STARTING = Duration.ofMinutes(3);

  private final Path socket;
  private final String version;
  private final Leaver leaver;
  private final EventLoopGroup loop = ControlSocket.loop();
  private final AtomicBoolean busy = new AtomicBoolean();
  private final Set<Conversation> conversations = ConcurrentHashMap.newKeySet();
  private @Nullable Channel server;

  /** The gateway that leaves. Its methods are called in turn, may block, and run on any thread. */
  public interface Leaver {
    /** Changes nothing about its sockets from now on; why it cannot, or null. */
    @Nullable String freeze();

    /** Nobody takes over after all. */
    void thaw();

    /** The sockets it listens on, as descriptors. */
    Map<String, Integer> sockets();

    /** Stops accepting; when this returns no connection can come to it any more. */
    void hold();

    /**
     * Finishes what it has begun, and ends.
     *
     * @return completes when it has let go of what only one process can have
     */
    CompletableFuture<Void> leave();
  }

  private Handover(Path socket, String version, Leaver leaver) {
    this.socket = socket;
    this.version = version;
    this.leaver = leaver;
  }

  /**
   * Begins to wait at this socket.
   *
   * @throws IOException the folder is not safe, or another process waits there
   */
  public static Handover at(Path socket, String version, Leaver leaver) throws IOException {
    ControlSocket.secure(Objects.requireNonNull(socket.getParent()));
    if (answers(socket)) {
      throw new IOException("another process of this configuration waits at " + socket);
    }
    Handover handover = new Handover(socket, version, leaver);
    try {
      handover.open();
    } catch (IOException e) {
      handover.close();
      throw e;
    }
    return handover;
  }

  private static boolean answers(Path socket) {
    try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
      return channel.isConnected();
    } catch (IOException nobody) {
      return false;
    }
  }

  private void open() throws IOException {
    var bound =
        new ServerBootstrap()
            .group(loop)
            .channel(EpollServerDomainSocketChannel.class)
            .childHandler(
                new ChannelInitializer<EpollDomainSocketChannel>() {
                  @Override
                  protected void initChannel(EpollDomainSocketChannel channel) {
                    Conversation conversation = new Conversation(channel);
                    conversations.add(conversation);
                    Thread.ofPlatform()
                        .daemon()
                        .name("sluice-handover")
                        .start(() -> answer(conversation));
                  }
                })
            .bind(new DomainSocketAddress(socket.toString()))
            .awaitUninterruptibly();
    if (!bound.isSuccess()) {
      throw new IOException(bound.cause().getMessage(), bound.cause());
    }
    server = bound.channel();
  }

  private void answer(Conversation conversation) {
    try (conversation) {
      String hello = conversation.line(PATIENCE);
      if (hello == null) {
        return; // it only looked whether somebody is there
      }
      String refusal = refusal(conversation.peer(), hello);
      if (refusal != null) {
        conversation.say(Protocol.REFUSED + refusal);
        return;
      }
      try {
        converse(conversation);
      } finally {
        busy.set(false);
      }
    } catch (IOException e) {
      LOG.warn("event=takeover_broken why=\"{}\"", e.getMessage());
    } finally {
      conversations.remove(conversation);
    }
  }

  /** Why it hands nothing over; null when it may, and then it is busy. */
  private @Nullable String refusal(int user, String hello) throws IOException {
    if (user != ControlSocket.user()) {
      LOG.warn("event=takeover_refused user={} why=\"another user\"", user);
      return "the running gateway belongs to another user";
    }
    String foreign = Protocol.refusal(hello, version);
    if (foreign != null) {
      return foreign;
    }
    return busy.compareAndSet(false, true)
        ? null
        : "another process is taking over from the running gateway";
  }

  private void converse(Conversation conversation) throws IOException {
    String frozen = leaver.freeze();
    if (frozen != null) {
      conversation.say(Protocol.REFUSED + frozen);
      return;
    }
    boolean ready = false;
    try {
      LOG.info("event=takeover_begins");
      ready = hand(conversation);
    } finally {
      if (!ready) {
        LOG.warn("event=takeover_abandoned why=\"{}\"", "the new process did not become ready");
        leaver.thaw();
      }
    }
    if (ready) {
      give(conversation);
    }
  }

  /** True when the new process is ready. */
  private boolean hand(Conversation conversation) throws IOException {
    Map<String, Integer> sockets = leaver.sockets();
    JsonArray names = new JsonArray();
    sockets.keySet().forEach(names::add);
    conversation.say(
        new JsonObject()
            .put("version", version)
            .put("pid", ProcessHandle.current().pid())
            .put("sockets", names)
            .encode());
    if (!Protocol.SEND.equals(conversation.line(PATIENCE))) {
      return false;
    }
    conversation.send(sockets.values());
    try {
      return Protocol.READY.equals(conversation.line(STARTING));
    } catch (Conversation.Silent late) {
      // Or it would take this one for dead when it is ready after all, and both would serve.
      conversation.say(
          Protocol.REFUSED + "it was not ready within " + STARTING.toMinutes() + " min");
      return false;
    }
  }

  /** The other one accepts already: from here on there is no way back, whatever fails. */
  private void give(Conversation conversation) {
    leaver.hold();
    stopWaiting(); // its place is the other one's
    try {
      conversation.say(Protocol.HANDED);
    } catch (IOException e) {
      LOG.warn("event=takeover_not_told why=\"{}\"", e.getMessage());
    }
    LOG.info("event=takeover_done");
    try {
      leaver.leave().get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    } catch (InterruptedException stop) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException e) {
      LOG.debug("event=takeover_lingers", e);
    }
    close();
  }

  /** The file goes with it. */
  private synchronized void stopWaiting() {
    Channel waiting = server;
    server = null;
    if (waiting != null) {
      waiting.close().awaitUninterruptibly();
    }
  }

  /** Waits no more, and breaks off a conversation that is under way. */
  @Override
  public void close() {
    stopWaiting();
    conversations.forEach(Conversation::close);
    loop.shutdownGracefully(0, 1, TimeUnit.SECONDS);
  }
}
