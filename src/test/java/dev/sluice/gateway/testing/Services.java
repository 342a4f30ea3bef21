package dev.sluice.gateway.testing;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A server with an answer for each path that the test names. {@code /hold…} answers nothing until
 * {@link #release}; how such a call ended is remembered.
 */
public final class Services implements AutoCloseable {
  private final Map<String, String> answers = new ConcurrentHashMap<>();
  private final List<String> requests = new CopyOnWriteArrayList<>();
  private final CountDownLatch released = new CountDownLatch(1);
  private final AtomicInteger reset = new AtomicInteger();
  private final AtomicInteger holding = new AtomicInteger();
  private final AtomicInteger completed = new AtomicInteger();
  private final ScriptedServer server = ScriptedServer.start(this::serve);

  /** This path, query included, is answered so. */
  public Services on(String target, int status, String json) {
    answers.put(target, response(status, json));
    return this;
  }

  /** The port on the loopback address. */
  public int port() {
    return server.port();
  }

  /** Method, target and body of each request so far, as {@code POST /x {"a":1}}. */
  public List<String> requests() {
    return requests;
  }

  /** The heads of all requests so far. */
  public List<String> heads() {
    return server.heads();
  }

  /** Calls of {@code /hold…} that wait now or did. */
  public int holding() {
    return holding.get();
  }

  /** Those whose connection the gateway closed. */
  public int resets() {
    return reset.get();
  }

  /** Those that were answered. */
  public int completed() {
    return completed.get();
  }

  /** Answers what is held. */
  public void release() {
    released.countDown();
  }

  private void serve(ScriptedServer.Connection connection, String head, byte[] body)
      throws IOException {
    String[] line = head.substring(0, head.indexOf("\r\n")).split(" ", 3);
    String target = line[1];
    requests.add((line[0] + " " + target + " " + new String(body, StandardCharsets.UTF_8)).trim());
    if (target.startsWith("/hold")) {
      hold(connection);
    } else {
      connection.send(
          answers.getOrDefault(target, response(404, "{\"error\": \"no " + target + "\"}")));
    }
  }

  private void hold(ScriptedServer.Connection connection) throws IOException {
    holding.incrementAndGet();
    Thread waiter =
        Thread.ofVirtual()
            .start(() -> {
              try {
                if (released.await(20, TimeUnit.SECONDS)) {
                  connection.send(response(200, "\"held\""));
                  completed.incrementAndGet();
                }
              } catch (InterruptedException | IOException gone) {
                // counted below
              }
            });
    if (released.getCount() > 0 && connection.socket().getInputStream().read() < 0) {
      reset.incrementAndGet();
      waiter.interrupt();
      throw new IOException("reset");
    }
  }

  private static String response(int status, String json) {
    return "HTTP/1.1 "
        + status
        + " X\r\nContent-Type: application/json\r\nContent-Length: "
        + json.getBytes(StandardCharsets.UTF_8).length
        + "\r\n\r\n"
        + json;
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}
