package dev.sluice.gateway.testing;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import org.jspecify.annotations.Nullable;

/**
 * An HTTP/2 client (RFC 9113) that sends any frame, good or bad, and reads what comes back; every
 * wait is bounded by the socket's timeout. Nothing is answered by itself but what is asked for.
 */
public final class RawHttp2 implements AutoCloseable {
  public static final int DATA = 0;
  public static final int HEADERS = 1;
  public static final int PRIORITY = 2;
  public static final int RST_STREAM = 3;
  public static final int SETTINGS = 4;
  public static final int PUSH_PROMISE = 5;
  public static final int PING = 6;
  public static final int GOAWAY = 7;
  public static final int WINDOW_UPDATE = 8;
  public static final int CONTINUATION = 9;

  public static final int END_STREAM = 1;
  public static final int ACK = 1;
  public static final int END_HEADERS = 4;
  public static final int PADDED = 8;
  public static final int PRIORITISED = 0x20;
  public static final int WHOLE = END_STREAM | END_HEADERS;

  /** Names of error codes, by number (RFC 9113 §7). */
  public static final List<String> CODES =
      List.of(
          "NO_ERROR",
          "PROTOCOL_ERROR",
          "INTERNAL_ERROR",
          "FLOW_CONTROL_ERROR",
          "SETTINGS_TIMEOUT",
          "STREAM_CLOSED",
          "FRAME_SIZE_ERROR",
          "REFUSED_STREAM",
          "CANCEL",
          "COMPRESSION_ERROR",
          "CONNECT_ERROR",
          "ENHANCE_YOUR_CALM",
          "INADEQUATE_SECURITY",
          "HTTP_1_1_REQUIRED");

  private static final String PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

  /** One frame as it came. */
  public record Frame(int type, int flags, int stream, byte[] payload) {
    /** Whether this flag is set. */
    public boolean has(int flag) {
      return (flags & flag) != 0;
    }

    /** The error code's name of RST_STREAM or GOAWAY. */
    public String code() {
      int at = type == GOAWAY ? 4 : 0;
      int code = ByteBuffer.wrap(payload).getInt(at);
      return code >= 0 && code < CODES.size() ? CODES.get(code) : Integer.toString(code);
    }
  }

  /** A whole answer. */
  public record Answer(String status, Http2Headers headers, byte[] body) {
    /** The body as text. */
    public String text() {
      return new String(body, StandardCharsets.UTF_8);
    }
  }

  /** So many bytes of what is sent at once go in pieces, if it is asked for. */
  private static final int PIECED = 100;

  private final Socket socket;
  private final InputStream in;
  private final DefaultHttp2HeadersDecoder decoder = new DefaultHttp2HeadersDecoder(false);

  private int piece;

  private RawHttp2(Socket socket) throws IOException {
    this.socket = socket;
    socket.setSoTimeout(RawHttp.WAIT_MILLIS);
    socket.setTcpNoDelay(true);
    in = new BufferedInputStream(socket.getInputStream());
  }

  /** Connects without TLS; nothing is sent yet. */
  public static RawHttp2 connect(int port) throws IOException {
    return new RawHttp2(new Socket(InetAddress.getLoopbackAddress(), port));
  }

  /** Connects with TLS and agrees on h2 by ALPN; nothing else is sent yet. */
  public static RawHttp2 connectTls(int port, SSLSocketFactory factory) throws IOException {
    SSLSocket socket = (SSLSocket) factory.createSocket(InetAddress.getLoopbackAddress(), port);
    SSLParameters parameters = socket.getSSLParameters();
    parameters.setApplicationProtocols(new String[] {"h2"});
    socket.setSSLParameters(parameters);
    socket.startHandshake();
    if (!"h2".equals(socket.getApplicationProtocol())) {
      throw new IOException("no h2 but " + socket.getApplicationProtocol());
    }
    return new RawHttp2(socket);
  }

  /** From now on what is sent begins with pieces of this size. */
  public RawHttp2 inPiecesOf(int bytes) {
    piece = bytes;
    return this;
  }

  /** The underlying socket. */
  public Socket socket() {
    return socket;
  }

  /** Sends the bytes as they are. */
  public RawHttp2 send(byte[] bytes) throws IOException {
    int at = 0;
    while (piece > 0 && at + piece < Math.min(bytes.length, PIECED)) {
      socket.getOutputStream().write(bytes, at, piece);
      socket.getOutputStream().flush();
      at += piece;
    }
    socket.getOutputStream().write(bytes, at, bytes.length - at);
    socket.getOutputStream().flush();
    return this;
  }

  /** Sends the preface's 24 bytes alone. */
  public RawHttp2 magic() throws IOException {
    return send(RawHttp.bytes(PREFACE));
  }

  /**
   * Sends preface and SETTINGS, takes and acknowledges the server's, and waits for its
   * acknowledgement.
   */
  public RawHttp2 greet(int... idsAndValues) throws IOException {
    magic();
    settings(idsAndValues);
    boolean acknowledged = false;
    boolean told = false;
    while (!acknowledged || !told) {
      Frame frame = must();
      if (frame.type() == SETTINGS && frame.has(ACK)) {
        acknowledged = true;
      } else if (frame.type() == SETTINGS) {
        told = true;
        frame(SETTINGS, ACK, 0);
      }
    }
    return this;
  }

  /** Sends SETTINGS with these identifiers and values. */
  public RawHttp2 settings(int... idsAndValues) throws IOException {
    ByteBuffer payload = ByteBuffer.allocate(idsAndValues.length / 2 * 6);
    for (int i = 0; i < idsAndValues.length; i += 2) {
      payload.putShort((short) idsAndValues[i]).putInt(idsAndValues[i + 1]);
    }
    return frame(SETTINGS, 0, 0, payload.array());
  }

  /** Bytes of a frame. */
  public static byte[] bytes(int type, int flags, int stream, byte[]... parts) {
    int length = Arrays.stream(parts).mapToInt(part -> part.length).sum();
    ByteBuffer frame = ByteBuffer.allocate(9 + length);
    frame.put((byte) (length >> 16)).putShort((short) length);
    frame.put((byte) type).put((byte) flags).putInt(stream);
    for (byte[] part : parts) {
      frame.put(part);
    }
    return frame.array();
  }

  /** Sends a frame whose length is right. */
  public RawHttp2 frame(int type, int flags, int stream, byte[]... parts) throws IOException {
    return send(bytes(type, flags, stream, parts));
  }

  /** A number of four bytes. */
  public static byte[] word(int value) {
    return ByteBuffer.allocate(4).putInt(value).array();
  }

  /** Sends WINDOW_UPDATE. */
  public RawHttp2 window(int stream, int increment) throws IOException {
    return frame(WINDOW_UPDATE, 0, stream, word(increment));
  }

  /** Sends RST_STREAM with CANCEL. */
  public RawHttp2 reset(int stream) throws IOException {
    return frame(RST_STREAM, 0, stream, word(8));
  }

  /** Sends HEADERS with these names and values, never indexed nor compressed. */
  public RawHttp2 headers(int stream, int flags, String... namesAndValues) throws IOException {
    return frame(HEADERS, flags, stream, block(namesAndValues));
  }

  /** Sends DATA. */
  public RawHttp2 data(int stream, int flags, String text) throws IOException {
    return frame(DATA, flags, stream, RawHttp.bytes(text));
  }

  /** A header block of literals without indexing, each character one byte (RFC 7541 §6.2.2). */
  public static byte[] block(String... namesAndValues) {
    ByteArrayOutputStream block = new ByteArrayOutputStream();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      block.write(0);
      string(block, namesAndValues[i]);
      string(block, namesAndValues[i + 1]);
    }
    return block.toByteArray();
  }

  private static void string(ByteArrayOutputStream block, String text) {
    int length = text.length();
    if (length < 127) {
      block.write(length);
    } else {
      block.write(127);
      int rest = length - 127;
      while (rest >= 128) {
        block.write(rest % 128 + 128);
        rest /= 128;
      }
      block.write(rest);
    }
    block.writeBytes(RawHttp.bytes(text));
  }

  /** Pseudo-headers of a good GET and what more is given. */
  public static String[] get(String path, String... more) {
    return request("GET", path, more);
  }

  /** Pseudo-headers of a good request and what more is given. */
  public static String[] request(String method, String path, String... more) {
    String[] all = new String[8 + more.length];
    List.of(":method", method, ":scheme", "http", ":path", path, ":authority", "a").toArray(all);
    System.arraycopy(more, 0, all, 8, more.length);
    return all;
  }

  /** The next frame; null when the connection has ended. */
  public @Nullable Frame next() throws IOException {
    try {
      byte[] head = in.readNBytes(9);
      if (head.length < 9) {
        return null;
      }
      int length = (head[0] & 0xff) << 16 | (head[1] & 0xff) << 8 | head[2] & 0xff;
      int stream = ByteBuffer.wrap(head).getInt(5) & 0x7fffffff;
      byte[] payload = in.readNBytes(length);
      return payload.length < length ? null : new Frame(head[3], head[4], stream, payload);
    } catch (SocketTimeoutException e) {
      throw e;
    } catch (SocketException | javax.net.ssl.SSLException e) {
      return null;
    }
  }

  private Frame must() throws IOException {
    Frame frame = next();
    if (frame == null) {
      throw new EOFException("the connection ended");
    }
    return frame;
  }

  /** Reads on to the first frame that is so; null when the connection ends before it. */
  public @Nullable Frame until(Predicate<Frame> wanted) throws IOException {
    Frame frame = next();
    while (frame != null && !wanted.test(frame)) {
      frame = next();
    }
    return frame;
  }

  /**
   * How the server took what was sent: {@code GOAWAY code}, {@code RESET code} or {@code ANSWER
   * status} for the stream, {@code PONG} when nothing of it came before the answer to a PING, or
   * {@code CLOSED}. A PING must have been sent with {@link #ping}.
   */
  public String outcome(int stream) throws IOException {
    String status = null;
    while (true) {
      Frame frame = next();
      if (frame == null) {
        return "CLOSED";
      }
      switch (frame.type()) {
        case GOAWAY -> {
          return "GOAWAY " + frame.code();
        }
        case RST_STREAM -> {
          if (frame.stream() == stream) {
            return "RESET " + frame.code();
          }
        }
        case HEADERS -> {
          Http2Headers headers = decode(frame);
          if (frame.stream() == stream && status == null) {
            status = String.valueOf(headers.status());
          }
          if (frame.stream() == stream && frame.has(END_STREAM)) {
            return "ANSWER " + status;
          }
        }
        case DATA -> {
          if (frame.stream() == stream && frame.has(END_STREAM)) {
            return "ANSWER " + status;
          }
        }
        case PING -> {
          return "PONG";
        }
        default -> {}
      }
    }
  }

  /** Sends PING. */
  public RawHttp2 ping() throws IOException {
    return frame(PING, 0, 0, new byte[8]);
  }

  /** Whether the connection still works: a PING is answered. */
  public boolean alive() throws IOException {
    ping();
    return until(frame -> frame.type() == PING && frame.has(ACK)) != null;
  }

  /** Whether the server closes the connection; fails when it does not in time. */
  public boolean closes() throws IOException {
    return until(frame -> false) == null;
  }

  /** Reads the stream's whole answer. */
  public Answer answer(int stream) throws IOException {
    Http2Headers headers = null;
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    while (true) {
      Frame frame = must();
      if (frame.type() == GOAWAY || (frame.type() == RST_STREAM && frame.stream() == stream)) {
        throw new IOException("no answer but " + frame.type() + " " + frame.code());
      }
      if (frame.type() == HEADERS) {
        Http2Headers decoded = decode(frame);
        headers = headers == null && frame.stream() == stream ? decoded : headers;
      }
      if (frame.stream() == stream && frame.type() == DATA) {
        body.writeBytes(frame.payload());
      }
      if (frame.stream() == stream && frame.type() <= HEADERS && frame.has(END_STREAM)) {
        if (headers == null) {
          throw new IOException("a body without a head");
        }
        return new Answer(String.valueOf(headers.status()), headers, body.toByteArray());
      }
    }
  }

  private Http2Headers decode(Frame frame) throws IOException {
    if (!frame.has(END_HEADERS)) {
      throw new IOException("heads in parts are not read here");
    }
    int from = frame.has(PRIORITISED) ? 5 : 0;
    ByteBuf block = Unpooled.wrappedBuffer(frame.payload(), from, frame.payload().length - from);
    try {
      return decoder.decodeHeaders(frame.stream(), block);
    } catch (Http2Exception e) {
      throw new IOException(e);
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
