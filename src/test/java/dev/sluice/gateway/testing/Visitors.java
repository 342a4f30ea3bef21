package dev.sluice.gateway.testing;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.LongAdder;

/**
 * Clients of a gateway that others take the place of, each asking again as soon as it has its
 * answer: some connect anew for each request, some keep their connections until they are told not
 * to, some hold WebSockets at {@code /ws/echo} until those are closed with 1001. Anything else that
 * happens to them is a failure.
 */
public final class Visitors implements AutoCloseable {
  private static final int PATIENCE_MILLIS = 30_000;
  private static final int GOING_AWAY = 1001;
  private static final int TEXT = 1;
  private static final int CLOSE = 8;

  private final int port;
  private final List<Thread> threads = new ArrayList<>();
  private final LongAdder connects = new LongAdder();
  private final LongAdder requests = new LongAdder();
  private final LongAdder messages = new LongAdder();
  private final LongAdder reopened = new LongAdder();
  private final ConcurrentLinkedQueue<String> failures = new ConcurrentLinkedQueue<>();
  private volatile boolean stopped;

  private interface Visit {
    void run() throws IOException;
  }

  private Visitors(int port) {
    this.port = port;
  }

  /** Begins, with so many of each kind. */
  public static Visitors at(int port, int anew, int kept, int sockets) {
    Visitors visitors = new Visitors(port);
    visitors.come(anew, "connect anew", visitors::anew);
    visitors.come(kept, "kept connection", visitors::kept);
    visitors.come(sockets, "WebSocket", visitors::socket);
    return visitors;
  }

  private void come(int count, String kind, Visit visit) {
    for (int i = 0; i < count; i++) {
      threads.add(
          Thread.ofPlatform()
              .daemon()
              .start(() -> {
                while (!stopped) {
                  try {
                    visit.run();
                  } catch (IOException | RuntimeException | AssertionError e) {
                    failures.add(kind + ": " + e);
                  }
                }
              }));
    }
  }

  private RawHttp connect() throws IOException {
    RawHttp http = RawHttp.connect(port);
    http.socket().setSoTimeout(PATIENCE_MILLIS);
    connects.increment();
    return http;
  }

  private void anew() throws IOException {
    try (RawHttp http = connect()) {
      good(http.send("GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").read());
    }
  }

  private void kept() throws IOException {
    try (RawHttp http = connect()) {
      boolean open = true;
      while (open && !stopped) {
        RawHttp.Answer answer = http.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n").read();
        good(answer);
        open = !answer.header("connection").filter("close"::equals).isPresent();
      }
    }
  }

  private void good(RawHttp.Answer answer) throws IOException {
    if (answer.status() != 200) {
      throw new IOException(answer.line());
    }
    requests.increment();
  }

  private void socket() throws IOException {
    try (RawWebSocket socket = RawWebSocket.connect(port, "/ws/echo", "")) {
      connects.increment();
      while (!stopped) {
        byte[] words = "still there?".getBytes(StandardCharsets.UTF_8);
        socket.send(new RawWebSocket.Frame(true, TEXT, words));
        RawWebSocket.Frame frame = socket.read();
        if (frame.opcode() == CLOSE) {
          if (frame.closeCode() != GOING_AWAY) {
            throw new IOException("closed with " + frame.closeCode());
          }
          reopened.increment();
          return;
        }
        messages.increment();
      }
    }
  }

  /** Waits until each kind that came has been answered so many more times. */
  public void more(int wanted) {
    long asked = requests.sum() + wanted;
    Gauges.until("the visitors are answered", 60, () -> requests.sum() >= asked);
  }

  /** Connections that were opened, WebSockets among them. */
  public long connects() {
    return connects.sum();
  }

  /** Requests that were answered with 200. */
  public long requests() {
    return requests.sum();
  }

  /** WebSocket messages that came back. */
  public long messages() {
    return messages.sum();
  }

  /** WebSockets that were closed with 1001. */
  public long toldToGoAway() {
    return reopened.sum();
  }

  /** Whatever went wrong, a line each. */
  public List<String> failures() {
    return List.copyOf(failures);
  }

  /** Lets each have its last answer. */
  @Override
  public void close() throws InterruptedException {
    stopped = true;
    for (Thread thread : threads) {
      thread.join(PATIENCE_MILLIS);
    }
  }
}
