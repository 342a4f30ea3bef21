package dev.sluice.gateway.wire;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFactory;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.channel.unix.FileDescriptor;
import io.netty.channel.unix.Socket;
import io.netty.channel.unix.UnixChannel;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.impl.transports.EpollTransport;
import io.vertx.core.net.NetServerOptions;
import io.vertx.core.transport.Transport;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The sockets that this process listens on, by their names, as file descriptors: they can be handed
 * to another process, and taken from one. Both then accept from one queue, so that no connection is
 * lost while one follows the other. Linux with epoll; elsewhere nothing can be handed over. Any
 * thread.
 */
public final class ServerSockets {
  private static final Logger LOG = LoggerFactory.getLogger(ServerSockets.class);

  /** Stands in the host of the options of servers that have a name: Vert.x listens elsewhere. */
  private static final String MARK = "listens on ";

  private static final String UNIX = "unix:";
  private static final int BACKLOG = 4096;

  private final Map<String, Integer> inherited = new ConcurrentHashMap<>();
  private final Map<String, Door> doors = new ConcurrentHashMap<>();

  /** Vert.x configures a server and asks for its channel in one go, on one thread. */
  private final ThreadLocal<@Nullable Door> configured = new ThreadLocal<>();

  private volatile boolean accepting;
  private volatile boolean handed;

  /**
   * @param inherited descriptors from another process; they are this one's from now on
   */
  public ServerSockets(Map<String, Integer> inherited) {
    this.inherited.putAll(inherited);
    this.accepting = inherited.isEmpty();
  }

  /** A Vert.x whose servers with a name are found here. */
  public Vertx vertx(VertxOptions options) {
    return available()
        ? Vertx.builder().with(options).withTransport(new Named(new Doors())).build()
        : Vertx.vertx(options);
  }

  /** Whether sockets can be handed over on this machine. */
  public static boolean available() {
    return Epoll.isAvailable();
  }

  /** How a socket is found again: by its address, and one on a free port by its owner's name. */
  public static String name(String address, int port, String owner) {
    if (address.startsWith(UNIX)) {
      return address;
    }
    return address + ":" + port + (port == 0 ? " " + owner : "");
  }

  /** Gives the server that is made with these options its name. */
  public static HttpServerOptions named(HttpServerOptions options, String name) {
    return options.setHost(MARK + name);
  }

  /** Whether this socket came from another process and is not in use yet. */
  public boolean inherits(String name) {
    return inherited.containsKey(name);
  }

  /** The sockets that listen now. */
  public Map<String, Integer> descriptors() {
    Map<String, Integer> open = new LinkedHashMap<>();
    doors.forEach((name, door) -> open.put(name, door.descriptor()));
    return open;
  }

  /** Begins to accept on the inherited ones; those that nobody needed are closed. */
  public void accept() {
    accepting = true;
    doors.values().forEach(Door::open);
    closeUnused();
  }

  /** Stops accepting; completes when no connection can come any more. The sockets stay open. */
  public Future<Void> hold() {
    List<Future<Void>> held = new ArrayList<>();
    doors.values().forEach(door -> held.add(door.hold()));
    return Future.join(held).mapEmpty();
  }

  /**
   * Says whether another process has the sockets too: then the files of Unix sockets stay when this
   * process closes its own.
   */
  public void handed(boolean now) {
    handed = now;
  }

  /** Closes the inherited ones that are in no use. */
  public void closeUnused() {
    for (String name : List.copyOf(inherited.keySet())) {
      Integer descriptor = inherited.remove(name);
      if (descriptor != null) {
        try {
          new FileDescriptor(descriptor).close();
        } catch (IOException e) {
          LOG.debug("event=socket_not_closed socket=\"{}\"", name, e);
        }
      }
    }
  }

  private record Named(io.vertx.core.spi.transport.Transport implementation) implements Transport {
    @Override
    public String name() {
      return "epoll";
    }

    @Override
    public boolean available() {
      return true;
    }

    @Override
    public @Nullable Throwable unavailabilityCause() {
      return null;
    }
  }

  /** Epoll, with a door in each server that has a name. */
  private final class Doors extends EpollTransport {
    @Override
    public void configure(NetServerOptions options, boolean unix, ServerBootstrap bootstrap) {
      super.configure(options, unix, bootstrap);
      String host = options.getHost();
      if (host.startsWith(MARK)) {
        Door door = new Door(host.substring(MARK.length()));
        configured.set(door);
        // It is switched on once all handlers are there and whoever hands over has let go.
        bootstrap.handler(door).option(ChannelOption.AUTO_READ, false);
      }
    }

    @Override
    public ChannelFactory<? extends ServerChannel> serverChannelFactory(boolean unix) {
      Door door = configured.get();
      configured.remove();
      ChannelFactory<? extends ServerChannel> fresh = super.serverChannelFactory(unix);
      return door == null ? fresh : () -> door.channel(unix, fresh);
    }
  }

  /** One socket that listens: how it came to be, and when it accepts. */
  private final class Door extends ChannelOutboundHandlerAdapter {
    private final String name;
    private boolean bound;
    private volatile boolean mayOpen;
    private volatile @Nullable Channel channel;

    Door(String name) {
      this.name = name;
    }

    /**
     * Netty's own server channel deletes a Unix socket's file when it closes, whoever serves it by
     * then; so those are bound here.
     */
    ServerChannel channel(boolean unix, ChannelFactory<? extends ServerChannel> fresh) {
      Integer given = inherited.remove(name);
      if (given != null) {
        bound = true;
        return unix
            ? new EpollServerDomainSocketChannel(given, true)
            : new EpollServerSocketChannel(given);
      }
      mayOpen = true;
      if (!unix) {
        return fresh.newChannel();
      }
      bound = true;
      return new EpollServerDomainSocketChannel(listen(name.substring(UNIX.length())), true);
    }

    private static int listen(String path) {
      Socket socket = Socket.newSocketDomain();
      try {
        socket.bind(new DomainSocketAddress(path));
        socket.listen(BACKLOG);
        return socket.intValue();
      } catch (IOException e) {
        try {
          socket.close();
        } catch (IOException closing) {
          e.addSuppressed(closing);
        }
        throw new UncheckedIOException(e.getMessage(), e);
      }
    }

    @Override
    public void bind(ChannelHandlerContext ctx, java.net.SocketAddress to, ChannelPromise promise) {
      promise.addListener(done -> {
        if (done.isSuccess()) {
          register(ctx.channel());
        }
      });
      if (bound) {
        promise.setSuccess();
      } else {
        ctx.bind(to, promise);
      }
    }

    private void register(Channel listening) {
      channel = listening;
      doors.put(name, this);
      listening
          .closeFuture()
          .addListener(closed -> {
            doors.remove(name, this);
            if (name.startsWith(UNIX) && !handed) {
              delete(Path.of(name.substring(UNIX.length())));
            }
          });
      if (mayOpen || accepting) {
        open();
      }
    }

    private static void delete(Path file) {
      try {
        Files.deleteIfExists(file);
      } catch (IOException e) {
        LOG.debug("event=socket_file_left file=\"{}\"", file, e);
      }
    }

    void open() {
      Channel listening = channel;
      if (listening != null) {
        listening.config().setAutoRead(true);
      }
    }

    int descriptor() {
      return channel instanceof UnixChannel unix ? unix.fd().intValue() : -1;
    }

    /** On the channel's own loop, where accepting goes on: after it, nothing is half-way. */
    Future<Void> hold() {
      Channel listening = channel;
      if (listening == null) {
        return Future.succeededFuture();
      }
      Promise<Void> held = Promise.promise();
      listening
          .eventLoop()
          .execute(() -> {
            listening.config().setAutoRead(false);
            held.complete();
          });
      return held.future();
    }
  }
}
