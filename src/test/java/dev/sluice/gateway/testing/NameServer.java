package dev.sluice.gateway.testing;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A DNS server over UDP on this machine that gives every name the same addresses, with a time to
 * live of 0. RFC 1035 §4.1, RFC 3596 §2.
 */
public final class NameServer implements AutoCloseable {
  /** Response codes of RFC 1035 §4.1.1. */
  public static final int NO_ERROR = 0;

  /** The server cannot say. */
  public static final int SERVER_FAILURE = 2;

  /** There is no such name. */
  public static final int NO_SUCH_NAME = 3;

  private static final int TYPE_A = 1;
  private static final int TYPE_AAAA = 28;

  private final DatagramSocket socket;
  private final AtomicInteger questions = new AtomicInteger();
  private volatile Says four = new Says(NO_ERROR, List.of());
  private volatile Says six = new Says(NO_ERROR, List.of());

  private record Says(int code, List<InetAddress> addresses) {}

  private NameServer(DatagramSocket socket) {
    this.socket = socket;
  }

  /** Starts one on a free port. */
  public static NameServer start() {
    try {
      NameServer server = new NameServer(new DatagramSocket(0, InetAddress.getLoopbackAddress()));
      Thread.ofVirtual().start(server::serve);
      return server;
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** Where it listens. */
  public InetSocketAddress address() {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), socket.getLocalPort());
  }

  /** The IPv4 addresses from now on. */
  public void four(String... addresses) {
    four = new Says(NO_ERROR, List.of(addresses).stream().map(InetAddress::ofLiteral).toList());
  }

  /** The IPv6 addresses from now on. */
  public void six(String... addresses) {
    six = new Says(NO_ERROR, List.of(addresses).stream().map(InetAddress::ofLiteral).toList());
  }

  /** Questions for IPv4 addresses are answered with this code from now on. */
  public void fourFails(int code) {
    four = new Says(code, List.of());
  }

  /** Questions for IPv6 addresses are answered with this code from now on. */
  public void sixFails(int code) {
    six = new Says(code, List.of());
  }

  /** Questions answered so far. */
  public int questions() {
    return questions.get();
  }

  private void serve() {
    byte[] buffer = new byte[512];
    while (!socket.isClosed()) {
      try {
        DatagramPacket packet = new DatagramPacket(buffer, buffer.length);
        socket.receive(packet);
        byte[] answer = answer(ByteBuffer.wrap(buffer, 0, packet.getLength()).slice());
        socket.send(new DatagramPacket(answer, answer.length, packet.getSocketAddress()));
        questions.incrementAndGet();
      } catch (IOException closed) {
        return;
      }
    }
  }

  private byte[] answer(ByteBuffer question) {
    int end = 12;
    while (question.get(end) != 0) {
      end += question.get(end) + 1;
    }
    short type = question.getShort(end + 1);
    Says says =
        switch (type) {
          case TYPE_A -> four;
          case TYPE_AAAA -> six;
          default -> new Says(NO_ERROR, List.of());
        };
    ByteBuffer out = ByteBuffer.allocate(512);
    out.putShort(question.getShort(0)).putShort((short) (0x8180 | says.code));
    out.putShort((short) 1).putShort((short) says.addresses.size());
    out.putShort((short) 0).putShort((short) 0);
    for (int i = 12; i < end + 5; i++) {
      out.put(question.get(i));
    }
    for (InetAddress address : says.addresses) {
      byte[] octets = address.getAddress();
      out.putShort((short) 0xC00C).putShort(type).putShort((short) 1).putInt(0);
      out.putShort((short) octets.length).put(octets);
    }
    byte[] bytes = new byte[out.position()];
    out.flip().get(bytes);
    return bytes;
  }

  @Override
  public void close() {
    socket.close();
  }
}
