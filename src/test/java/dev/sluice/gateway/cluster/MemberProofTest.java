package dev.sluice.gateway.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.gateway.config.Secret;
import dev.sluice.gateway.testing.FakeTicker;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.HexFormat;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What members say first, on sockets. */
@Timeout(30)
class MemberProofTest {
  /** SLC1, and the name prod. */
  private static final String GREETING = "534C4331" + "0004" + "70726F64";

  private static final String NONCE = "00".repeat(32);

  private final FakeTicker ticker = new FakeTicker();
  private ServerSocket listening;
  private Socket here;
  private Socket there;

  @BeforeEach
  void connect() throws IOException {
    listening = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
    here = new Socket(listening.getInetAddress(), listening.getLocalPort());
    there = listening.accept();
  }

  @AfterEach
  void close() throws IOException {
    here.close();
    there.close();
    listening.close();
  }

  private MemberProof proof(String cluster, String secret) {
    return new MemberProof(cluster, new ClusterKey(cluster, new Secret(secret)), ticker);
  }

  /** A member that is connected to. */
  private CompletableFuture<Void> accepting(MemberProof proof) {
    return CompletableFuture.runAsync(() -> {
      try (Socket socket = there) {
        proof.onAccept(socket);
        socket.getOutputStream().write('!'); // the proof has left nothing behind
      } catch (IOException refused) {
        throw new UncheckedIOException(refused);
      }
    });
  }

  private static Throwable trouble(CompletableFuture<Void> accepted) {
    return assertThatThrownBy(() -> accepted.get(10, TimeUnit.SECONDS))
        .isInstanceOf(ExecutionException.class)
        .rootCause()
        .actual();
  }

  private void send(String hex) throws IOException {
    here.getOutputStream().write(HexFormat.of().parseHex(hex));
  }

  @Test
  void twoThatKnowTheSecretGoOn() throws Exception {
    CompletableFuture<Void> accepted = accepting(proof("prod", "s1"));
    proof("prod", "s1").onConnect(here);
    assertThat(here.getInputStream().read()).isEqualTo('!');
    accepted.get(10, TimeUnit.SECONDS);
  }

  @Test
  void oneThatDoesNotKnowItIsLeftOutAndBothSayWhy() throws Exception {
    CompletableFuture<Void> accepted = accepting(proof("prod", "s1"));
    MemberProof stranger = proof("prod", "s2");
    assertThatThrownBy(() -> stranger.onConnect(here))
        .hasMessage("it does not know this cluster's secret");
    assertThat(stranger.refusal()).endsWith("it does not know this cluster's secret");
    assertThat(trouble(accepted)).hasMessage("it does not know this cluster's secret");
  }

  @Test
  void oneOfAnotherClusterIsToldWhoThisIs() throws Exception {
    CompletableFuture<Void> accepted = accepting(proof("prod", "s1"));
    assertThatThrownBy(() -> proof("test", "s1").onConnect(here))
        .hasMessage("it belongs to cluster prod");
    assertThat(trouble(accepted)).hasMessage("it belongs to cluster test");
  }

  @Test
  void aStrangerThatSaysALittleNowAndThenIsNotWaitedFor() throws Exception {
    CompletableFuture<Void> accepted = accepting(proof("prod", "s1"));
    send(GREETING + NONCE);
    assertThat(here.getInputStream().readNBytes(1 + 32 + 32)).as("its proof").hasSize(65);
    ticker.advance(Duration.ofSeconds(4));
    send("01");
    assertThat(trouble(accepted)).hasMessage("it took too long to prove what it is");
  }

  @Test
  void aNameIsReadUpToItsLongest() throws Exception {
    CompletableFuture<Void> accepted = accepting(proof("prod", "s1"));
    send("534C4331FFFF" + "61".repeat(64));
    assertThat(trouble(accepted)).hasMessage("it is no node of Sluice");
  }

  @Test
  void aNameThatNoClusterCanHaveDoesNotReachTheLog() throws Exception {
    CompletableFuture<Void> accepted = accepting(proof("prod", "s1"));
    send("534C4331" + "0004" + "610A6C6F");
    assertThat(trouble(accepted)).hasMessage("it is no node of Sluice");
  }

  @Test
  void oneThatHangsUpIsNotSaidToLackTheSecret() throws Exception {
    CompletableFuture<Void> accepted = accepting(proof("prod", "s1"));
    send(GREETING + NONCE + "01");
    here.shutdownOutput();
    assertThat(trouble(accepted)).isInstanceOf(EOFException.class);
  }
}
