package dev.sluice.gateway.takeover;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The running gateway, as seen by the process that takes its place. Its methods block; not on an
 * event loop.
 */
public final class Predecessor implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Predecessor.class);
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final Duration LEAVING = Duration.ofSeconds(15);

  private final EventLoopGroup loop;
  private final Conversation conversation;
  private final Map<String, Integer> sockets;
  private final String who;
  private final CompletableFuture<Void> gone = new CompletableFuture<>();

  /** It does not hand its sockets over; the message is one line for the user. */
  public static final class Refused extends IOException {
    private static final long serialVersionUID = 1L;

    Refused(String why) {
      super(why);
    }
  }

  private Predecessor(
      EventLoopGroup loop, Conversation conversation, Map<String, Integer> sockets, String who) {
    this.loop = loop;
    this.conversation = conversation;
    this.sockets = sockets;
    this.who = who;
  }

  /**
   * Asks the process at this socket for what it listens on; null when there is none.
   *
   * @throws IOException also {@link Refused}: there is one, and it hands nothing over
   */
  public static @Nullable Predecessor reach(Path socket, String version) throws IOException {
    Path folder = Objects.requireNonNull(socket.getParent());
    if (!Files.exists(socket)) {
      return null;
    }
    ControlSocket.check(folder);
    EventLoopGroup loop = ControlSocket.loop();
    Conversation conversation = connect(loop, socket);
    if (conversation == null) {
      loop.shutdownGracefully(0, 1, java.util.concurrent.TimeUnit.SECONDS);
      return null;
    }
    boolean done = false;
    try {
      Predecessor reached = ask(loop, conversation, version);
      done = true;
      return reached;
    } finally {
      if (!done) {
        conversation.close();
        loop.shutdownGracefully(0, 1, java.util.concurrent.TimeUnit.SECONDS);
      }
    }
  }

  private static @Nullable Conversation connect(EventLoopGroup loop, Path socket) {
    AtomicReference<@Nullable Conversation> made = new AtomicReference<>();
    boolean connected =
        new Bootstrap()
            .group(loop)
            .channel(EpollDomainSocketChannel.class)
            .handler(
                new ChannelInitializer<EpollDomainSocketChannel>() {
                  @Override
                  protected void initChannel(EpollDomainSocketChannel channel) {
                    made.set(new Conversation(channel));
                  }
                })
            .connect(new DomainSocketAddress(socket.toString()))
            .awaitUninterruptibly()
            .isSuccess();
    return connected ? made.get() : null;
  }

  private static Predecessor ask(EventLoopGroup loop, Conversation conversation, String version)
      throws IOException {
    if (conversation.peer() != ControlSocket.user()) {
      throw new Refused("the running gateway belongs to another user");
    }
    conversation.say(Protocol.hello(version));
    String said = conversation.line(PATIENCE);
    if (said == null) {
      throw new Refused("the running gateway hung up");
    }
    if (said.startsWith(Protocol.REFUSED)) {
      throw new Refused(said.substring(Protocol.REFUSED.length()));
    }
    List<String> names;
    String who;
    try {
      JsonObject facts = new JsonObject(said);
      names = facts.getJsonArray("sockets", new JsonArray()).stream().map(String::valueOf).toList();
      who = "process " + facts.getLong("pid") + ", version " + facts.getString("version");
    } catch (DecodeException | ClassCastException malformed) {
      throw new Refused("the running gateway says what this one does not understand");
    }
    List<Integer> descriptors = conversation.receive(Protocol.SEND, names.size(), PATIENCE);
    Map<String, Integer> sockets = new LinkedHashMap<>();
    for (int i = 0; i < names.size(); i++) {
      sockets.put(names.get(i), descriptors.get(i));
    }
    return new Predecessor(loop, conversation, sockets, who);
  }

  /** Its sockets as descriptors of this process, by their names. */
  public Map<String, Integer> sockets() {
    return sockets;
  }

  /** Process id and version, for the log. */
  public String who() {
    return who;
  }

  /**
   * Tells it that this process serves: it stops accepting before this returns. When it has died
   * meanwhile, there is nobody to tell, and all is well too.
   *
   * @throws IOException it is there and goes on serving
   */
  public void replace() throws IOException {
    try {
      conversation.say(Protocol.READY);
    } catch (IOException died) {
      LOG.debug("event=predecessor_not_told", died); // it is gone, as the next line shows
    }
    String answer = conversation.line(PATIENCE);
    if (answer == null) {
      LOG.warn("event=predecessor_died who=\"{}\"", who);
    } else if (!answer.equals(Protocol.HANDED)) {
      throw new Refused("the running gateway goes on: " + answer);
    }
    Thread.ofVirtual().name("sluice-predecessor").start(this::see);
  }

  private void see() {
    try {
      if (!conversation.ended(LEAVING)) {
        LOG.warn("event=predecessor_lingers who=\"{}\"", who);
      }
    } catch (IOException e) {
      LOG.debug("event=predecessor_unseen", e);
    } finally {
      close();
    }
  }

  /**
   * Completes when it has let go of what only one process can have: the place among the nodes of a
   * cluster, for instance. At the latest when this is closed.
   */
  public CompletableFuture<Void> gone() {
    return gone;
  }

  /** Hangs up: unless {@link #replace} was called, the running gateway goes on. */
  @Override
  public void close() {
    conversation.close();
    loop.shutdownGracefully(0, 1, java.util.concurrent.TimeUnit.SECONDS);
    gone.complete(null);
  }
}
