package dev.sluice.gateway.hygiene;

import dev.sluice.gateway.testing.RawHttp;
import dev.sluice.gateway.testing.RawHttp.Answer;
import dev.sluice.gateway.testing.RequestCases;
import dev.sluice.gateway.testing.RunningGateway;
import dev.sluice.gateway.testing.ScriptedServer;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Prints how many of {@link RequestCases} nginx, HAProxy, Caddy and Sluice, each a plain reverse
 * proxy with its defaults, get wrong; not a test. Needs {@code nginx}, {@code haproxy} and {@code
 * caddy} on the path. The cases about sizes are left out: bounds are policy.
 */
public final class ConformanceTable {
  private static final String SECOND = "GET /second HTTP/1.1\r\nHost: example.com\r\n\r\n";
  private static final int WAIT_MILLIS = 700;

  private static final long SETTLE_NANOS = 50_000_000;

  private ConformanceTable() {}

  /** Takes no arguments. */
  public static void main(String[] arguments) throws Exception {
    Path folder = Files.createTempDirectory("conformance");
    try (ScriptedServer upstream =
        ScriptedServer.answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")) {
      String yaml =
          "upstreams: {up: {endpoints: [\"127.0.0.1:%d\"], breaker: off, ejection: off}}\nlisteners: {a: {port: 0, address: 127.0.0.1}}\n"
              .formatted(upstream.port());
      try (RunningGateway sluice =
          RunningGateway.start(
              yaml + "routes: [{name: a, match: {path: \"/*\"}, upstream: up}]\n")) {
        report("Sluice", sluice.port("a"), upstream);
      }
      int port = freePort();
      String nginx =
          """
          daemon off; master_process off; error_log %1$s/error.log; pid %1$s/pid;
          events {}
          http { access_log off; client_body_temp_path %1$s/b; proxy_temp_path %1$s/p; fastcgi_temp_path %1$s/f;
            uwsgi_temp_path %1$s/u; scgi_temp_path %1$s/s;
            server { listen 127.0.0.1:%2$d; location / { proxy_pass http://127.0.0.1:%3$d; proxy_http_version 1.1; } } }
          """
              .formatted(folder, port, upstream.port());
      foreign(
          "nginx",
          port,
          upstream,
          "nginx",
          "-c",
          Files.writeString(folder.resolve("nginx.conf"), nginx).toString());
      port = freePort();
      String haproxy =
          """
          defaults
            mode http
            timeout connect 2s
            timeout client 2s
            timeout server 2s
          frontend a
            bind 127.0.0.1:%d
            default_backend b
          backend b
            server s 127.0.0.1:%d
          """
              .formatted(port, upstream.port());
      foreign(
          "HAProxy",
          port,
          upstream,
          "haproxy",
          "-f",
          Files.writeString(folder.resolve("haproxy.cfg"), haproxy).toString());
      port = freePort();
      String caddy =
          """
          {
            admin off
            auto_https off
            storage file_system %s
          }
          http://:%d {
            bind 127.0.0.1
            reverse_proxy 127.0.0.1:%d
          }
          """
              .formatted(folder, port, upstream.port());
      foreign(
          "Caddy",
          port,
          upstream,
          "caddy",
          "run",
          "--adapter",
          "caddyfile",
          "--config",
          Files.writeString(folder.resolve("Caddyfile"), caddy).toString());
    }
    System.exit(0);
  }

  private static void foreign(String name, int port, ScriptedServer upstream, String... command)
      throws Exception {
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    try {
      for (int i = 0; i < 100 && !listens(port); i++) {
        process.waitFor(100, TimeUnit.MILLISECONDS);
      }
      report(name, port, upstream);
    } finally {
      process.destroy();
    }
  }

  private static boolean listens(int port) {
    try (Socket socket = new Socket("127.0.0.1", port)) {
      return socket.isConnected();
    } catch (IOException e) {
      return false;
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  private static void report(String name, int port, ScriptedServer upstream) throws IOException {
    List<String> wrong = new ArrayList<>();
    int bad = 0;
    int badWrong = 0;
    int good = 0;
    int goodWrong = 0;
    for (RequestCases.Case row : RequestCases.all()) {
      if (row.name().startsWith("size: ")) {
        continue;
      }
      boolean right = row.closes() ? refused(port, upstream, row) : passed(port, row);
      if (row.closes()) {
        bad++;
        badWrong += right ? 0 : 1;
      } else {
        good++;
        goodWrong += right ? 0 : 1;
      }
      if (!right) {
        wrong.add(row.name());
      }
    }
    System.out.println(
        "| " + name + " | " + badWrong + " of " + bad + " | " + goodWrong + " of " + good + " |");
    wrong.forEach(row -> System.out.println("    " + name + ": " + row));
  }

  /**
   * How many heads the upstream saw, once no more come: a request may arrive after the client was
   * answered.
   */
  private static int settled(ScriptedServer upstream) {
    int seen = -1;
    while (seen != upstream.heads().size()) {
      seen = upstream.heads().size();
      LockSupport.parkNanos(SETTLE_NANOS);
    }
    return seen;
  }

  private static boolean passed(int port, RequestCases.Case row) {
    try (RawHttp client = RawHttp.connect(port)) {
      client.socket().setSoTimeout(WAIT_MILLIS);
      return client.send(row.bytes()).read().status() == 200
          && client.send(SECOND).read().status() == 200;
    } catch (IOException e) {
      return false;
    }
  }

  /**
   * Whether no good answer came, nothing of it reached the upstream, and what follows was not taken
   * for a request.
   */
  private static boolean refused(int port, ScriptedServer upstream, RequestCases.Case row)
      throws IOException {
    int before = settled(upstream);
    boolean ended = true;
    String all = "";
    try (RawHttp client = RawHttp.connect(port)) {
      client.socket().setSoTimeout(WAIT_MILLIS);
      try {
        client.send(row.bytes() + "\r\n\r\n" + SECOND);
        Optional<Answer> first = client.tryRead();
        if (first.isPresent() && first.get().status() < 400) {
          return false;
        }
        all = new String(client.readToEnd(), StandardCharsets.ISO_8859_1);
      } catch (SocketTimeoutException e) {
        ended = false; // still waiting for more is no answer either
      } catch (IOException | RuntimeException e) {
        ended = true;
      }
    }
    List<String> seen = upstream.heads().subList(before, settled(upstream));
    return (ended || seen.isEmpty())
        && !all.contains(" 200 OK")
        && (row.hidden()
            ? seen.isEmpty()
            : seen.stream().noneMatch(head -> head.contains("/second")));
  }
}
