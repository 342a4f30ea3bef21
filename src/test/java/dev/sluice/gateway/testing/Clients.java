package dev.sluice.gateway.testing;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Clients that ask again and again over HTTP/1.1, without a second try of anything: a third keeps
 * its connections for as long as it may, a third posts bodies over such, a third has a connection
 * for each request. Virtual threads.
 */
public final class Clients implements AutoCloseable {
  private static final long THINK_NANOS = TimeUnit.MILLISECONDS.toNanos(5);
  private static final int WAIT_MILLIS = 30_000;
  private static final int BODY = 8_192;

  private final Balancer balancer;
  private final List<Thread> threads = new ArrayList<>();
  private final Queue<Asked> all = new ConcurrentLinkedQueue<>();
  private final AtomicLong answers = new AtomicLong();
  private volatile boolean stopped;

  /**
   * One request that has ended.
   *
   * @param sentNanos when it was sent, on the clock of {@link System#nanoTime}
   * @param nanos until its last byte was there
   * @param node that the balancer gave its connection to; -1 for none
   * @param trouble null for an answer as it should be
   */
  public record Asked(long sentNanos, long nanos, int node, @Nullable String trouble) {}

  private Clients(Balancer balancer) {
    this.balancer = balancer;
  }

  /** So many; {@code GET /hello} says hello, {@code POST /echo} sends the body back. */
  public static Clients on(Balancer balancer, int count) {
    Clients clients = new Clients(balancer);
    for (int i = 0; i < count; i++) {
      int kind = i % 3;
      clients.threads.add(Thread.ofVirtual().start(() -> clients.ask(kind)));
    }
    return clients;
  }

  private void ask(int kind) {
    RawHttp kept = null;
    String text =
        switch (kind) {
          case 0 -> "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n";
          case 1 ->
              "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%s"
                  .formatted(BODY, "b".repeat(BODY));
          default -> "GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
        };
    while (!stopped) {
      long sent = System.nanoTime();
      int node = -1;
      String trouble = null;
      try {
        RawHttp http = kept == null ? RawHttp.connect(balancer.port()) : kept;
        kept = http;
        http.socket().setSoTimeout(WAIT_MILLIS);
        RawHttp.Answer answer = http.send(text).read();
        boolean right =
            answer.status() == 200
                && (kind == 1 ? answer.body().length == BODY : answer.text().equals("hello"));
        node = balancer.taker(http.socket().getLocalPort());
        trouble = right ? null : answer.line() + " " + answer.text();
        if (answer.header("connection").filter("close"::equalsIgnoreCase).isPresent()) {
          http.close();
          kept = null;
        }
      } catch (IOException | RuntimeException broken) {
        trouble = (kind == 1 ? "POST " : "GET ") + broken;
        node = kept == null ? -1 : balancer.taker(kept.socket().getLocalPort());
        close(kept);
        kept = null;
      }
      all.add(new Asked(sent, System.nanoTime() - sent, node, trouble));
      answers.incrementAndGet();
      LockSupport.parkNanos(THINK_NANOS);
    }
    close(kept);
  }

  private static void close(@Nullable RawHttp http) {
    try {
      if (http != null) {
        http.close();
      }
    } catch (IOException gone) {
      // it is closed
    }
  }

  /** Waits until so many more have ended. */
  public void more(long wanted) {
    long until = answers.get() + wanted;
    Gauges.until("the clients hang", Fleet.PATIENCE_SECONDS, () -> answers.get() >= until);
  }

  /** All that have ended so far. */
  public List<Asked> all() {
    return List.copyOf(all);
  }

  /** Those without the answer that they should have. */
  public List<Asked> failed() {
    return all.stream().filter(asked -> asked.trouble() != null).toList();
  }

  /** Lets what is under way end. */
  @Override
  public void close() throws InterruptedException {
    stopped = true;
    for (Thread thread : threads) {
      thread.join();
    }
  }
}
