package dev.sluice.gateway.testing;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import javax.net.ssl.SSLSocketFactory;

/**
 * A client that sends bytes as they are and reads answers; every wait is bounded by the socket's
 * timeout.
 */
public final class RawHttp implements AutoCloseable {
  /** Upper bound of one read, in milliseconds. */
  public static final int WAIT_MILLIS = 5000;

  private final Socket socket;
  private final InputStream in;

  private RawHttp(Socket socket) throws IOException {
    this.socket = socket;
    socket.setSoTimeout(WAIT_MILLIS);
    socket.setTcpNoDelay(true);
    in = new java.io.BufferedInputStream(socket.getInputStream());
  }

  /** One answer: its status line, header lines in order, its body and its trailer lines. */
  public record Answer(
      int status, String line, List<String> headers, byte[] body, List<String> trailers) {
    /** First value of a header, if present. */
    public Optional<String> header(String name) {
      String prefix = name.toLowerCase(Locale.ROOT) + ":";
      return headers.stream()
          .filter(header -> header.toLowerCase(Locale.ROOT).startsWith(prefix))
          .map(header -> header.substring(prefix.length()).trim())
          .findFirst();
    }

    /** The body as UTF-8. */
    public String text() {
      return new String(body, StandardCharsets.UTF_8);
    }
  }

  /** Connects to a port on this machine. */
  public static RawHttp connect(int port) throws IOException {
    return new RawHttp(new Socket(InetAddress.getLoopbackAddress(), port));
  }

  /** Connects with TLS. */
  public static RawHttp connectTls(int port, SSLSocketFactory factory) throws IOException {
    return new RawHttp(factory.createSocket(InetAddress.getLoopbackAddress(), port));
  }

  /** Bytes of a text in which each character is one byte. */
  public static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  /** Sends the text, each character as one byte. */
  public RawHttp send(String text) throws IOException {
    return send(bytes(text));
  }

  /** Sends the bytes and flushes. */
  public RawHttp send(byte[] bytes) throws IOException {
    socket.getOutputStream().write(bytes);
    socket.getOutputStream().flush();
    return this;
  }

  /** Ends the sending side. */
  public RawHttp finish() throws IOException {
    socket.shutdownOutput();
    return this;
  }

  /** The underlying socket. */
  public Socket socket() {
    return socket;
  }

  /**
   * Reads one answer to a request that was not HEAD; fails when the connection ends before its head
   * is complete.
   */
  public Answer read() throws IOException {
    return read(false);
  }

  /** Reads one answer. */
  public Answer read(boolean head) throws IOException {
    String line = line();
    int status = Integer.parseInt(line.split(" ", 3)[1]);
    List<String> headers = lines();
    Answer bare = new Answer(status, line, headers, new byte[0], List.of());
    if (head || status < 200 || status == 204 || status == 304) {
      return bare;
    }
    if (bare.header("transfer-encoding").isPresent()) {
      ByteArrayOutputStream body = new ByteArrayOutputStream();
      int size;
      while ((size = Integer.parseInt(line().split(";", 2)[0].trim(), 16)) > 0) {
        body.write(exactly(size));
        line();
      }
      return new Answer(status, line, headers, body.toByteArray(), lines());
    }
    Optional<String> length = bare.header("content-length");
    byte[] body = length.isPresent() ? exactly(Integer.parseInt(length.get())) : in.readAllBytes();
    return new Answer(status, line, headers, body, List.of());
  }

  /** The next answer, or empty when the connection ends first. */
  public Optional<Answer> tryRead() throws IOException {
    try {
      return Optional.of(read());
    } catch (EOFException | SocketException e) {
      return Optional.empty();
    }
  }

  /** All bytes until the peer closes or resets; fails when it keeps the connection open. */
  public byte[] readToEnd() throws IOException {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    try {
      in.transferTo(all);
    } catch (SocketTimeoutException e) {
      throw e;
    } catch (SocketException e) {
      // a reset is an end, too
    }
    return all.toByteArray();
  }

  private List<String> lines() throws IOException {
    List<String> lines = new ArrayList<>();
    for (String line = line(); !line.isEmpty(); line = line()) {
      lines.add(line);
    }
    return lines;
  }

  private String line() throws IOException {
    StringBuilder line = new StringBuilder();
    int b;
    while ((b = in.read()) != '\n') {
      if (b < 0) {
        throw new EOFException("connection ended after: " + line);
      }
      if (b != '\r') {
        line.append((char) b);
      }
    }
    return line.toString();
  }

  private byte[] exactly(int size) throws IOException {
    byte[] body = in.readNBytes(size);
    if (body.length < size) {
      throw new EOFException("body ended after " + body.length + " of " + size);
    }
    return body;
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
