package dev.sluice.gateway.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class NamesTest {
  private static final int NO_ERROR = 0;
  private static final int SERVER_FAILURE = 2;
  private static final int NO_SUCH_NAME = 3;
  private static final int TYPE_A = 1;
  private static final int TYPE_AAAA = 28;

  private DatagramSocket socket = unbound();
  private Names names = new Names(null);
  private final LinkedBlockingQueue<List<String>> found = new LinkedBlockingQueue<>();
  private final AtomicInteger questions = new AtomicInteger();
  private volatile int code = NO_ERROR;
  private volatile int code6 = NO_ERROR;
  private volatile boolean has6;
  private volatile int last = 1;

  private static DatagramSocket unbound() {
    try {
      return new DatagramSocket(0, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @BeforeEach
  void server() {
    names.close();
    names =
        new Names(new InetSocketAddress(InetAddress.getLoopbackAddress(), socket.getLocalPort()));
    Thread.ofVirtual().start(this::serve);
  }

  @AfterEach
  void close() {
    names.close();
    socket.close();
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

  /** The question with 10.0.0.{@code last} with a time to live of 0. RFC 1035 §4.1. */
  private byte[] answer(ByteBuffer question) {
    int end = 12;
    while (question.get(end) != 0) {
      end += question.get(end) + 1;
    }
    short type = question.getShort(end + 1);
    boolean six = type == TYPE_AAAA;
    int said = six && code == NO_ERROR ? code6 : code;
    boolean address = said == NO_ERROR && (type == TYPE_A || (six && has6));
    ByteBuffer out = ByteBuffer.allocate(512);
    out.putShort(question.getShort(0)).putShort((short) (0x8180 | said));
    out.putShort((short) 1)
        .putShort((short) (address ? 1 : 0))
        .putShort((short) 0)
        .putShort((short) 0);
    for (int i = 12; i < end + 5; i++) {
      out.put(question.get(i));
    }
    if (address) {
      byte[] octets = {10, 0, 0, (byte) last};
      if (six) {
        octets = new byte[16];
        octets[0] = (byte) 0xfd;
        octets[15] = (byte) last;
      }
      out.putShort((short) 0xC00C).putShort(type).putShort((short) 1).putInt(0);
      out.putShort((short) octets.length).put(octets);
    }
    byte[] bytes = new byte[out.position()];
    out.flip().get(bytes);
    return bytes;
  }

  private List<String> next() throws InterruptedException {
    List<String> addresses = found.poll(20, TimeUnit.SECONDS);
    assertThat(addresses).as("told in time").isNotNull();
    return addresses == null ? List.of() : addresses;
  }

  private void afterQuestions(int more) {
    int until = questions.get() + more;
    java.util.concurrent.CompletableFuture.runAsync(
            () -> {
              while (questions.get() < until) {
                Thread.onSpinWait();
              }
            })
        .orTimeout(20, TimeUnit.SECONDS)
        .join();
  }

  @Test
  void addressesAppearChangeAndStayWhileAskingFails() throws Exception {
    names.watch("users.test", found::add);
    assertThat(next()).containsExactly("10.0.0.1");
    last = 2;
    assertThat(next()).containsExactly("10.0.0.2");
    code = SERVER_FAILURE;
    afterQuestions(2);
    assertThat(found).isEmpty();
    last = 3;
    code = NO_ERROR;
    assertThat(next()).containsExactly("10.0.0.3");
  }

  @Test
  void addressesOfBothKindsAreFoundAndOneKindStaysWhileOnlyItCannotBeAsked() throws Exception {
    has6 = true;
    names.watch("both.test", found::add);
    assertThat(next()).containsExactly("10.0.0.1", "fd00:0:0:0:0:0:0:1");
    code6 = SERVER_FAILURE;
    last = 2;
    assertThat(next()).containsExactly("10.0.0.2", "fd00:0:0:0:0:0:0:1");
    code6 = NO_ERROR;
    assertThat(next()).containsExactly("10.0.0.2", "fd00:0:0:0:0:0:0:2");
    has6 = false; // there is none any more, which is an answer
    assertThat(next()).containsExactly("10.0.0.2");
  }

  @Test
  void aNameThatIsUnknownAtFirstIsFoundLater() throws Exception {
    code = NO_SUCH_NAME;
    names.watch("later.test", found::add);
    afterQuestions(2);
    assertThat(found).isEmpty();
    code = NO_ERROR;
    assertThat(next()).containsExactly("10.0.0.1");
  }

  @Test
  void addressesAreNoNames() {
    assertThat(Names.literal("10.0.0.1")).isTrue();
    assertThat(Names.literal("::1")).isTrue();
    assertThat(Names.literal("users.test")).isFalse();
  }
}
