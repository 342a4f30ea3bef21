package dev.sluice.gateway.testing;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A server whose answers are bytes chosen by the test; one virtual thread a connection; remembers
 * what it saw.
 */
public final class ScriptedServer implements AutoCloseable {
  /** What is done with one request. */
  @FunctionalInterface
  public interface Script {
    void serve(Connection connection, String head, byte[] body) throws IOException;
  }

  /** The server's end of a connection. */
  public record Connection(int number, Socket socket) {
    /** Sends the text, each character as one byte. */
    public void send(String text) throws IOException {
      // Once: a peer that leaves as soon as it has read this may have closed the socket already.
      OutputStream out = socket.getOutputStream();
      out.write(RawHttp.bytes(text));
      out.flush();
    }

    /** Closes the connection. */
    public void close() throws IOException {
      socket.close();
    }
  }

  private final ServerSocket listener;
  private final List<String> heads = new CopyOnWriteArrayList<>();
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private final AtomicInteger accepted = new AtomicInteger();
  private volatile Script script;

  private ScriptedServer(Script script) throws IOException {
    this.script = script;
    listener = new ServerSocket(0, 512, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().start(this::accept);
  }

  /** Starts a server on a free port. */
  public static ScriptedServer start(Script script) {
    try {
      return new ScriptedServer(script);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A server that answers every request with these bytes. */
  public static ScriptedServer answering(String bytes) {
    return start((connection, head, body) -> connection.send(bytes));
  }

  /** Replaces the script for requests that come from now on. */
  public void script(Script next) {
    script = next;
  }

  /** The port on the loopback address. */
  public int port() {
    return listener.getLocalPort();
  }

  /** Heads of all requests so far. */
  public List<String> heads() {
    return List.copyOf(heads);
  }

  /** Connections that were ever accepted. */
  public int accepted() {
    return accepted.get();
  }

  /** Connections that are open now. */
  public int open() {
    return open.size();
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        Socket socket = listener.accept();
        open.add(socket);
        int number = accepted.incrementAndGet();
        Thread.ofVirtual().start(() -> serve(new Connection(number, socket)));
      } catch (IOException e) {
        return;
      }
    }
  }

  private void serve(Connection connection) {
    try (Socket socket = connection.socket()) {
      InputStream in = new BufferedInputStream(socket.getInputStream());
      for (String head = head(in); !head.isEmpty(); head = head(in)) {
        byte[] body = body(head, in);
        heads.add(head);
        script.serve(connection, head, body);
      }
    } catch (IOException e) {
      // the peer left, as some scripts want it to
    } finally {
      open.remove(connection.socket());
    }
  }

  private static String head(InputStream in) throws IOException {
    StringBuilder head = new StringBuilder();
    int b;
    while (head.length() < 4 || !head.substring(head.length() - 4).equals("\r\n\r\n")) {
      b = in.read();
      if (b < 0) {
        return "";
      }
      head.append((char) b);
    }
    return head.toString();
  }

  private static byte[] body(String head, InputStream in) throws IOException {
    for (String line : head.toLowerCase(Locale.ROOT).split("\r\n", -1)) {
      if (line.startsWith("content-length:")) {
        return in.readNBytes(Integer.parseInt(line.substring(15).trim()));
      }
      if (line.startsWith("transfer-encoding:")) {
        return chunks(in);
      }
    }
    return new byte[0];
  }

  private static byte[] chunks(InputStream in) throws IOException {
    java.io.ByteArrayOutputStream body = new java.io.ByteArrayOutputStream();
    while (true) {
      int size = Integer.parseInt(line(in).split(";", 2)[0].trim(), 16);
      if (size == 0) {
        while (!line(in).isEmpty()) {}
        return body.toByteArray();
      }
      body.write(in.readNBytes(size));
      line(in);
    }
  }

  private static String line(InputStream in) throws IOException {
    StringBuilder line = new StringBuilder();
    for (int b = in.read(); b != '\n'; b = in.read()) {
      if (b < 0) {
        throw new IOException("ended");
      }
      if (b != '\r') {
        line.append((char) b);
      }
    }
    return line.toString();
  }

  @Override
  public void close() throws IOException {
    listener.close();
    for (Socket socket : open) {
      socket.close();
    }
  }
}
