package dev.sluice.gateway.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A plain TCP balancer: it gives connections to nodes in turn, and to the next one when a node
 * refuses; of what goes over them it knows nothing. As a service of Kubernetes does, it gives none
 * to a node that is not ready, unless none is. Virtual threads.
 */
public final class Balancer implements AutoCloseable {
  private static final long LOOK_MILLIS = 200;
  private static final int OCTETS = 16_384;

  private final ServerSocket listener;
  private final List<Fleet.Node> nodes;
  private final AtomicInteger turn = new AtomicInteger();
  private final Map<Integer, Integer> takers = new ConcurrentHashMap<>();
  private final Set<Integer> unready = ConcurrentHashMap.newKeySet();
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private final CountDownLatch closed = new CountDownLatch(1);

  private Balancer(List<Fleet.Node> nodes) {
    this.nodes = List.copyOf(nodes);
    try {
      listener = new ServerSocket(0, 512, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Thread.ofVirtual().start(this::accept);
  }

  /** One that knows only who refuses. */
  public static Balancer over(Fleet fleet) {
    return new Balancer(fleet.nodes());
  }

  /** One that also asks the nodes five times a second whether they are ready. */
  public static Balancer heeding(Fleet fleet) {
    Balancer balancer = new Balancer(fleet.nodes());
    fleet.nodes().forEach(node -> Thread.ofVirtual().start(() -> balancer.look(node)));
    return balancer;
  }

  /** Where it listens, on the loopback address. */
  public int port() {
    return listener.getLocalPort();
  }

  /** The node that the connection of this client's port went to last; -1 for none. */
  public int taker(int clientPort) {
    return takers.getOrDefault(clientPort, -1);
  }

  private void look(Fleet.Node node) {
    try {
      do {
        if (node.ready()) {
          unready.remove(node.index());
        } else {
          unready.add(node.index());
        }
      } while (!closed.await(LOOK_MILLIS, TimeUnit.MILLISECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void accept() {
    try {
      while (true) {
        Socket client = listener.accept();
        Thread.ofVirtual().start(() -> take(client));
      }
    } catch (IOException end) {
      // closed
    }
  }

  private void take(Socket client) {
    int first = turn.getAndIncrement();
    for (int i = 0; i < nodes.size() * 2; i++) {
      Fleet.Node node = nodes.get(Math.floorMod(first + i, nodes.size()));
      // The second time round those that are not ready are asked too.
      if (i < nodes.size() && unready.contains(node.index())) {
        continue;
      }
      try {
        Socket server = new Socket(InetAddress.getLoopbackAddress(), node.web());
        takers.put(client.getPort(), node.index());
        join(client, server);
        return;
      } catch (IOException refused) {
        // the next one
      }
    }
    close(client);
  }

  private void join(Socket client, Socket server) throws IOException {
    open.add(client);
    open.add(server);
    client.setTcpNoDelay(true);
    server.setTcpNoDelay(true);
    Thread.ofVirtual().start(() -> pump(client, server));
    Thread.ofVirtual().start(() -> pump(server, client));
  }

  private void pump(Socket from, Socket to) {
    byte[] octets = new byte[OCTETS];
    try {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      for (int n = in.read(octets); n >= 0; n = in.read(octets)) {
        out.write(octets, 0, n);
      }
      to.shutdownOutput();
      if (from.isOutputShutdown()) {
        close(from);
        close(to);
      }
    } catch (IOException reset) {
      close(from);
      close(to);
    }
  }

  private void close(Socket socket) {
    open.remove(socket);
    try {
      socket.close();
    } catch (IOException alreadyGone) {
      // it is closed
    }
  }

  @Override
  public void close() throws IOException {
    closed.countDown();
    listener.close();
    open.forEach(this::close);
  }
}
