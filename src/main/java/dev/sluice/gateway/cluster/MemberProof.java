package dev.sluice.gateway.cluster;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.hazelcast.nio.MemberSocketInterceptor;
import dev.sluice.gateway.resilience.Ticker;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Properties;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What two nodes say to each other on a new connection before anything else: their cluster's name,
 * and each a proof that it knows the secret, an HMAC (RFC 2104) over what the other one made up
 * just now. Who fails is told of in one line and hears no more. What follows on the connection is
 * in clear: this keeps strangers out, and no listener from hearing. Blocks for some seconds at
 * most; the members' own threads.
 */
final class MemberProof implements MemberSocketInterceptor {
  private static final Logger LOG = LoggerFactory.getLogger(MemberProof.class);
  private static final int GREETING = 0x534C4331; // SLC1

  /** For all that is said before the proof is complete. */
  private static final Duration PATIENCE = Duration.ofSeconds(3);

  private static final int BYTES = 32;
  private static final int LONGEST_NAME = 63;

  /** What a configuration lets a cluster be called; a stranger's name goes into the log as well. */
  private static final Pattern NAME = Pattern.compile("[\\w.-]{1," + LONGEST_NAME + "}");

  private static final byte WELCOME = 1;
  private static final byte OTHER_NAME = 2;
  private static final byte UNPROVEN = 3;
  private static final Duration SAID_ONCE_IN = Duration.ofMinutes(10);

  private final String name;
  private final ClusterKey secret;
  private final Ticker ticker;
  private volatile @Nullable String refusal;
  private final SecureRandom random = new SecureRandom();
  private final Cache<String, Boolean> said =
      Caffeine.newBuilder().maximumSize(1_000).expireAfterWrite(SAID_ONCE_IN).build();

  /**
   * @param name of the cluster
   */
  MemberProof(String name, ClusterKey secret, Ticker ticker) {
    this.name = name;
    this.secret = secret;
    this.ticker = ticker;
  }

  @Override
  public void init(Properties properties) {}

  @Override
  public void onConnect(Socket socket) throws IOException {
    InetSocketAddress peer = (InetSocketAddress) socket.getRemoteSocketAddress();
    String there = peer.getHostString() + ":" + peer.getPort();
    try {
      prove(socket, there);
      refusal = null;
    } catch (Refused left) {
      refusal = there + ": " + left.getMessage();
      throw left;
    }
  }

  private void prove(Socket socket, String there) throws IOException {
    DataInputStream in = patient(socket);
    DataOutputStream out = new DataOutputStream(socket.getOutputStream());
    byte[] mine = nonce();
    out.writeInt(GREETING);
    writeName(out);
    out.write(mine);
    out.flush();
    if (in.readByte() == OTHER_NAME) {
      throw another(there, readName(in, there));
    }
    byte[] theirs = read(in);
    if (!equal(read(in), mac(key(), "accept", mine, theirs))) {
      out.writeByte(UNPROVEN);
      out.flush();
      throw refused(there, "it does not know this cluster's secret");
    }
    out.writeByte(WELCOME);
    out.write(mac(key(), "connect", theirs, mine));
    out.flush();
    if (in.readByte() != WELCOME) {
      throw refused(there, "it says that this node does not know the cluster's secret");
    }
    socket.setSoTimeout(0);
  }

  @Override
  public void onAccept(Socket socket) throws IOException {
    String there = ((InetSocketAddress) socket.getRemoteSocketAddress()).getHostString();
    DataInputStream in = patient(socket);
    DataOutputStream out = new DataOutputStream(socket.getOutputStream());
    if (in.readInt() != GREETING) {
      throw refused(there, "it is no node of Sluice");
    }
    String its = readName(in, there);
    if (!its.equals(name)) {
      out.writeByte(OTHER_NAME);
      writeName(out);
      out.flush();
      throw another(there, its);
    }
    byte[] theirs = read(in);
    byte[] mine = nonce();
    out.writeByte(WELCOME);
    out.write(mine);
    out.write(mac(key(), "accept", theirs, mine));
    out.flush();
    boolean proven =
        in.readByte() == WELCOME && equal(read(in), mac(key(), "connect", mine, theirs));
    out.writeByte(proven ? WELCOME : UNPROVEN);
    out.flush();
    if (!proven) {
      throw refused(there, "it does not know this cluster's secret");
    }
    socket.setSoTimeout(0);
  }

  private void writeName(DataOutputStream out) throws IOException {
    byte[] text = name.getBytes(StandardCharsets.US_ASCII);
    out.writeShort(text.length);
    out.write(text);
  }

  private String readName(DataInputStream in, String there) throws IOException {
    int length = in.readUnsignedShort();
    byte[] text = new byte[Math.min(length, LONGEST_NAME + 1)];
    in.readFully(text);
    String its = new String(text, StandardCharsets.US_ASCII);
    if (!NAME.matcher(its).matches()) {
      throw refused(there, "it is no node of Sluice");
    }
    return its;
  }

  private static byte[] read(DataInputStream in) throws IOException {
    byte[] bytes = new byte[BYTES];
    in.readFully(bytes);
    return bytes;
  }

  /** What a stranger says, as long as patience lasts. */
  private DataInputStream patient(Socket socket) throws IOException {
    long begun = ticker.nanos();
    return new DataInputStream(
        new FilterInputStream(socket.getInputStream()) {
          @Override
          public int read() throws IOException {
            hurry();
            return super.read();
          }

          @Override
          public int read(byte[] bytes, int offset, int length) throws IOException {
            hurry();
            return super.read(bytes, offset, length);
          }

          private void hurry() throws IOException {
            long left = PATIENCE.minusNanos(ticker.nanos() - begun).toMillis();
            if (left <= 0) {
              throw new SocketTimeoutException("it took too long to prove what it is");
            }
            socket.setSoTimeout((int) left);
          }
        });
  }

  /** What a node said last that this one asked to be let in; null when none refused. */
  @Nullable String refusal() {
    return refusal;
  }

  private Refused another(String there, String its) {
    // Once for all names: a stranger may have any number of them.
    return refused(there, OTHER_NAME + there, "it belongs to cluster " + its);
  }

  private Refused refused(String there, String why) {
    return refused(there, why + there, why);
  }

  private Refused refused(String there, String once, String why) {
    if (said.asMap().putIfAbsent(once, true) == null) {
      LOG.warn("event=member_refused node={} cluster={} why=\"{}\"", there, name, why);
    }
    return new Refused(why);
  }

  private static final class Refused extends IOException {
    private static final long serialVersionUID = 1L;

    Refused(String why) {
      super(why);
    }
  }

  private byte[] key() {
    return secret.of("sluice members ");
  }

  private byte[] nonce() {
    byte[] nonce = new byte[BYTES];
    random.nextBytes(nonce);
    return nonce;
  }

  /** In a time that tells nothing of where they differ. */
  private static boolean equal(byte[] one, byte[] other) {
    return MessageDigest.isEqual(one, other);
  }

  private static byte[] mac(byte[] key, String what, byte[]... parts) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(key, "HmacSHA256"));
      mac.update(what.getBytes(StandardCharsets.UTF_8));
      for (byte[] part : parts) {
        mac.update(part);
      }
      return mac.doFinal();
    } catch (GeneralSecurityException everyPlatformHasIt) {
      throw new IllegalStateException(everyPlatformHasIt);
    }
  }
}
