package dev.sluice.gateway.testing;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;
import java.util.Locale;

/** One end of a WebSocket, frame by frame; answers nothing by itself. */
public final class RawWebSocket implements AutoCloseable {
  private static final String KEY = "dGhlIHNhbXBsZSBub25jZQ==";
  private static final byte[] MASK = {7, 77, 17, 1};

  private final Socket socket;
  private final InputStream in;
  private final boolean client;

  private RawWebSocket(Socket socket, boolean client) throws IOException {
    this.socket = socket;
    this.client = client;
    socket.setSoTimeout(RawHttp.WAIT_MILLIS * 2);
    in = new BufferedInputStream(socket.getInputStream());
  }

  /** One frame. */
  public record Frame(boolean last, int opcode, byte[] payload) {
    /** A close frame. */
    public static Frame close(int code, String reason) {
      byte[] words = reason.getBytes(StandardCharsets.UTF_8);
      byte[] payload = new byte[2 + words.length];
      payload[0] = (byte) (code >> 8);
      payload[1] = (byte) code;
      System.arraycopy(words, 0, payload, 2, words.length);
      return new Frame(true, 8, payload);
    }

    /** The status of a close frame; -1 when it is none or has none. */
    public int closeCode() {
      return opcode == 8 && payload.length >= 2 ? (payload[0] & 0xff) << 8 | payload[1] & 0xff : -1;
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Frame frame
          && frame.last == last
          && frame.opcode == opcode
          && Arrays.equals(frame.payload, payload);
    }

    @Override
    public int hashCode() {
      return opcode + 31 * Arrays.hashCode(payload);
    }

    @Override
    public String toString() {
      return (last ? "last " : "") + opcode + " " + payload.length + " bytes " + closeCode();
    }
  }

  /** A client's handshake. */
  public static String request(String target, String headers) {
    return "GET "
        + target
        + " HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: "
        + KEY
        + "\r\n"
        + headers
        + "\r\n";
  }

  /** A server's answer to this handshake. */
  public static String acceptance(String head, String headers) {
    String key = "";
    for (String line : head.split("\r\n", -1)) {
      if (line.toLowerCase(Locale.ROOT).startsWith("sec-websocket-key:")) {
        key = line.substring(line.indexOf(':') + 1).trim();
      }
    }
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-1")
              .digest(
                  (key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")
                      .getBytes(StandardCharsets.US_ASCII));
      return "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: "
          + Base64.getEncoder().encodeToString(digest)
          + "\r\n"
          + headers
          + "\r\n";
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  /** Opens one through the gateway. */
  public static RawWebSocket connect(int port, String target, String headers) throws IOException {
    RawWebSocket end = new RawWebSocket(new Socket(InetAddress.getLoopbackAddress(), port), true);
    end.raw(RawHttp.bytes(request(target, headers)));
    ByteArrayOutputStream head = new ByteArrayOutputStream();
    while (!head.toString(StandardCharsets.ISO_8859_1).endsWith("\r\n\r\n")) {
      head.write(end.octet());
    }
    if (!head.toString(StandardCharsets.ISO_8859_1).startsWith("HTTP/1.1 101 ")) {
      throw new AssertionError(head.toString(StandardCharsets.ISO_8859_1));
    }
    return end;
  }

  /** Accepts one as the server. */
  public static RawWebSocket accept(Socket socket, String head) throws IOException {
    RawWebSocket end = new RawWebSocket(socket, false);
    end.raw(RawHttp.bytes(acceptance(head, "")));
    return end;
  }

  /** Sends bytes as they are. */
  public void raw(byte[] bytes) throws IOException {
    socket.getOutputStream().write(bytes);
    socket.getOutputStream().flush();
  }

  /** Sends a frame, masked as this end's role asks. */
  public RawWebSocket send(Frame frame) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream(frame.payload().length + 14);
    int size = frame.payload().length;
    out.write((frame.last() ? 0x80 : 0) | frame.opcode());
    int mask = client ? 0x80 : 0;
    if (size < 126) {
      out.write(mask | size);
    } else if (size < 65536) {
      out.write(mask | 126);
      out.write(size >> 8);
      out.write(size);
    } else {
      out.write(mask | 127);
      for (int shift = 56; shift >= 0; shift -= 8) {
        out.write((int) ((long) size >> shift));
      }
    }
    byte[] payload = frame.payload();
    if (client) {
      out.writeBytes(MASK);
      payload = payload.clone();
      for (int i = 0; i < size; i++) {
        payload[i] ^= MASK[i & 3];
      }
    }
    out.writeBytes(payload);
    raw(out.toByteArray());
    return this;
  }

  /** The next frame; fails when the connection ends first. */
  public Frame read() throws IOException {
    int first = octet();
    int second = octet();
    long size = second & 0x7f;
    if (size > 125) {
      int octets = size == 126 ? 2 : 8;
      size = 0;
      for (int i = 0; i < octets; i++) {
        size = size << 8 | octet();
      }
    }
    byte[] mask = (second & 0x80) != 0 ? in.readNBytes(4) : new byte[4];
    byte[] payload = in.readNBytes((int) size);
    if (payload.length < size) {
      throw new EOFException("the connection ended in a frame");
    }
    for (int i = 0; i < payload.length; i++) {
      payload[i] ^= mask[i & 3];
    }
    return new Frame((first & 0x80) != 0, first & 0x7f, payload);
  }

  private int octet() throws IOException {
    int b = in.read();
    if (b < 0) {
      throw new EOFException("the connection ended");
    }
    return b;
  }

  /** Reads until the connection ends; false when it does not in time. */
  public boolean ended() throws IOException {
    try {
      while (in.read() >= 0) {}
      return true;
    } catch (SocketTimeoutException e) {
      return false;
    } catch (IOException reset) {
      return true;
    }
  }

  /** Ends the sending side. */
  public void finish() throws IOException {
    socket.shutdownOutput();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
