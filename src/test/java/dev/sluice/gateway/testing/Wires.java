package dev.sluice.gateway.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongToIntFunction;

/**
 * What lies between the members of a fleet, for a test to cut. Others know a member only at an
 * address of its own, behind which a proxy stands for each of its ports; who calls is known by the
 * process that has the other end. What is cut stands still, as when packets get lost: nothing is
 * closed, nothing is refused. Needs Linux, where all of 127.0.0.0/8 is loopback. Virtual threads.
 */
public final class Wires implements AutoCloseable {
  private static final int OCTETS = 16_384;

  private final LongToIntFunction member;
  private final List<ServerSocket> listeners = new ArrayList<>();
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private Set<Integer> apart = Set.of();

  /**
   * Between as yet nobody.
   *
   * @param member whose process it is; negative when it is nobody's
   */
  public Wires(LongToIntFunction member) {
    this.member = member;
  }

  /** From now on others reach this member's port, on 127.0.0.1, at its address here. */
  public void lay(int to, int port) throws IOException {
    ServerSocket listener = new ServerSocket(port, 50, InetAddress.getByName(host(to)));
    listeners.add(listener);
    Thread.ofVirtual().start(() -> accept(listener, to));
  }

  /** Where the others find this member. */
  public static String host(int member) {
    return "127.0.1." + (member + 1);
  }

  /** From now on nothing gets from these to the others or back. */
  public synchronized void cut(Integer... members) {
    apart = Set.of(members);
  }

  /** All hear each other again. */
  public synchronized void heal() {
    apart = Set.of();
    notifyAll();
  }

  private synchronized void pass(int one, int other) throws InterruptedException {
    while (apart.contains(one) != apart.contains(other)) {
      wait();
    }
  }

  private void accept(ServerSocket listener, int to) {
    try {
      while (true) {
        Socket caller = listener.accept();
        Thread.ofVirtual().start(() -> join(caller, to));
      }
    } catch (IOException end) {
      // closed
    }
  }

  private void join(Socket caller, int to) {
    open.add(caller);
    try {
      OptionalLong process = SocketOwner.of(caller);
      int from = process.isPresent() ? member.applyAsInt(process.getAsLong()) : -1;
      if (from < 0) {
        close(caller); // it has gone
        return;
      }
      pass(from, to);
      Socket called = new Socket(InetAddress.getLoopbackAddress(), caller.getLocalPort());
      open.add(called);
      Thread.ofVirtual().start(() -> pump(caller, called, from, to));
      Thread.ofVirtual().start(() -> pump(called, caller, from, to));
    } catch (IOException refused) {
      close(caller);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void pump(Socket source, Socket sink, int one, int other) {
    byte[] octets = new byte[OCTETS];
    try {
      InputStream in = source.getInputStream();
      OutputStream out = sink.getOutputStream();
      for (int n = in.read(octets); n >= 0; n = in.read(octets)) {
        pass(one, other);
        out.write(octets, 0, n);
      }
      pass(one, other);
    } catch (IOException gone) {
      // both are closed below
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    close(source);
    close(sink);
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
    for (ServerSocket listener : listeners) {
      listener.close();
    }
    heal();
    open.forEach(this::close);
  }
}
