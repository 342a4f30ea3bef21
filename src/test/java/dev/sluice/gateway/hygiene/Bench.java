package dev.sluice.gateway.hygiene;

import dev.sluice.gateway.testing.RawHttp;
import dev.sluice.gateway.testing.RawHttp.Answer;
import dev.sluice.gateway.testing.RunningGateway;
import dev.sluice.gateway.testing.ScriptedServer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A gateway in front of an upstream that answers {@code /case...} with given bytes and all else
 * with the request as it came, its connection's number in {@code X-Connection}. One loop, so that
 * every request sees the same pool.
 */
final class Bench implements AutoCloseable {
  private final Map<String, String> answers = new ConcurrentHashMap<>();
  private final Map<String, Integer> connections = new ConcurrentHashMap<>();
  final ScriptedServer upstream = ScriptedServer.start(this::serve);
  final RunningGateway gateway;

  /** {@code yaml} holds listeners and routes; {@code UPSTREAM} in it is the upstream's port. */
  Bench(String yaml) {
    String upstreams =
        "loops: 1\nupstreams:\n  up: {endpoints: [\"127.0.0.1:%d\"], breaker: off, ejection: off}\n"
            .formatted(upstream.port());
    gateway = RunningGateway.start(upstreams + yaml);
  }

  /** What {@code /case/name} answers from now on. */
  void answer(String path, String bytes) {
    answers.put(path, bytes);
  }

  /** Number of the connection on which this path was asked last; 0 when it never was. */
  int connection(String path) {
    return connections.getOrDefault(path, 0);
  }

  RawHttp connect(String listener) throws IOException {
    return RawHttp.connect(gateway.port(listener));
  }

  /** Sends bytes on a connection of their own and reads one answer, interim ones left out. */
  Answer ask(String listener, String request) throws IOException {
    try (RawHttp client = connect(listener)) {
      return read(client.send(request), request.startsWith("HEAD "));
    }
  }

  /** The next final answer. */
  static Answer read(RawHttp client, boolean head) throws IOException {
    Answer answer = client.read(head);
    while (answer.status() < 200 && answer.status() != 101) {
      answer = client.read(head);
    }
    return answer;
  }

  /** Whether one of the lines is this one, without regard to case. */
  static boolean has(String lines, String line) {
    return lines.lines().anyMatch(line::equalsIgnoreCase);
  }

  /** Whether one of the lines begins so, without regard to case. */
  static boolean hasPrefix(String lines, String prefix) {
    return lines
        .lines()
        .anyMatch(l -> l.toLowerCase(Locale.ROOT).startsWith(prefix.toLowerCase(Locale.ROOT)));
  }

  void serve(ScriptedServer.Connection connection, String head, byte[] body) throws IOException {
    String path = head.split(" ", 3)[1];
    connections.put(path, connection.number());
    String bytes = answers.get(path);
    if (bytes == null) {
      String echo = head + new String(body, StandardCharsets.ISO_8859_1);
      bytes =
          "HTTP/1.1 200 OK\r\nX-Connection: "
              + connection.number()
              + "\r\nContent-Length: "
              + echo.length()
              + "\r\n\r\n"
              + (head.startsWith("HEAD ") ? "" : echo);
    }
    connection.send(bytes);
  }

  @Override
  public void close() throws IOException {
    gateway.close();
    upstream.close();
  }
}
