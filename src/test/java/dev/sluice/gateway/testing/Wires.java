package dev.sluice.gateway.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What lies between the members of a fleet, for a test to cut. Others know a member only at an
 * address of its own, behind which a proxy stands, and it calls them from that address; so the
 * proxy knows both ends. What is cut stands still, as when packets get lost: nothing is closed,
 * nothing is refused. Needs a system on which all of 127.0.0.0/8 is loopback. Virtual threads.
 */
public final class Wires implements AutoCloseable {
  private static final int OCTETS = 16_384;

  private final List<Integer> ports;
  private final List<ServerSocket> listeners = new ArrayList<>();
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private Set<Integer> apart = Set.of();

  /** Between members that listen at these ports of 127.0.0.1. */
  public Wires(List<Integer> ports) throws IOException {
    this.ports = List.copyOf(ports);
    for (int i = 0; i < ports.size(); i++) {
      int member = i;
      ServerSocket listener = new ServerSocket(ports.get(i), 50, InetAddress.getByName(host(i)));
      listeners.add(listener);
      Thread.ofVirtual().start(() -> accept(listener, member));
    }
  }

  /** Where the others find this member. */
  public String address(int member) {
    return host(member) + ":" + ports.get(member);
  }

  private static String host(int member) {
    return "127.0.1." + (member + 1);
  }

  /** The flags with which a member is known at its address here. */
  public String[] flags(int member) {
    return new String[] {
      "-Dhazelcast.local.publicAddress=" + address(member),
      "-Dhazelcast.socket.client.bind.any=false"
    };
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
    int from = (caller.getInetAddress().getAddress()[3] & 0xff) - 1;
    try {
      pass(from, to);
      Socket called = new Socket(InetAddress.getLoopbackAddress(), ports.get(to));
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
