package dev.sluice.gateway.testing;

import static dev.sluice.gateway.testing.RawHttp2.ACK;
import static dev.sluice.gateway.testing.RawHttp2.CONTINUATION;
import static dev.sluice.gateway.testing.RawHttp2.DATA;
import static dev.sluice.gateway.testing.RawHttp2.END_HEADERS;
import static dev.sluice.gateway.testing.RawHttp2.END_STREAM;
import static dev.sluice.gateway.testing.RawHttp2.GOAWAY;
import static dev.sluice.gateway.testing.RawHttp2.HEADERS;
import static dev.sluice.gateway.testing.RawHttp2.PADDED;
import static dev.sluice.gateway.testing.RawHttp2.PING;
import static dev.sluice.gateway.testing.RawHttp2.PRIORITISED;
import static dev.sluice.gateway.testing.RawHttp2.PRIORITY;
import static dev.sluice.gateway.testing.RawHttp2.PUSH_PROMISE;
import static dev.sluice.gateway.testing.RawHttp2.RST_STREAM;
import static dev.sluice.gateway.testing.RawHttp2.SETTINGS;
import static dev.sluice.gateway.testing.RawHttp2.WHOLE;
import static dev.sluice.gateway.testing.RawHttp2.WINDOW_UPDATE;
import static dev.sluice.gateway.testing.RawHttp2.block;
import static dev.sluice.gateway.testing.RawHttp2.get;
import static dev.sluice.gateway.testing.RawHttp2.request;
import static dev.sluice.gateway.testing.RawHttp2.word;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** What a strict HTTP/2 server does with frames (RFC 9113 §3 to §7), one row a rule. */
public final class Http2Cases {
  /** Sends the frames of a case; {@code path} must not be asked for at the upstream. */
  @FunctionalInterface
  public interface Script {
    void send(RawHttp2 h2, String path) throws IOException;
  }

  /**
   * One rule.
   *
   * @param section where it stands
   * @param greeted whether both sides' SETTINGS were exchanged before
   * @param stream whose outcome counts
   * @param allowed outcomes as {@link RawHttp2#outcome} names them
   */
  public record Case(
      String section,
      String meaning,
      boolean greeted,
      int stream,
      Script script,
      List<String> allowed) {
    @Override
    public String toString() {
      return section + " " + meaning;
    }
  }

  /** A path whose answer never comes: a stream that asks for it stays half closed. */
  public static final String HELD = "/held";

  /** A path that is answered at once. */
  public static final String FINE = "/fine";

  static final String PROTOCOL = "GOAWAY PROTOCOL_ERROR";
  static final String SIZE = "GOAWAY FRAME_SIZE_ERROR";
  static final String CLOSED = "GOAWAY STREAM_CLOSED";

  private final List<Case> rows = new ArrayList<>();

  private Http2Cases() {}

  /** All of them. */
  public static List<Case> all() {
    Http2Cases cases = new Http2Cases();
    cases.preface();
    cases.frames();
    cases.idleStreams();
    cases.halfClosedStreams();
    cases.closedStreams();
    cases.identifiers();
    cases.dataAndHeaders();
    cases.priorityAndReset();
    cases.settings();
    cases.pingAndGoAway();
    cases.windows();
    cases.continuation();
    return cases.rows;
  }

  static Case row(String section, String meaning, Script script, String... allowed) {
    return new Case(section, meaning, true, 1, script, List.of(allowed));
  }

  private void add(String section, String meaning, Script script, String... allowed) {
    rows.add(row(section, meaning, script, allowed));
  }

  private void first(String section, String meaning, Script script, String... allowed) {
    rows.add(new Case(section, meaning, false, 1, script, List.of(allowed)));
  }

  private void preface() {
    first("§3.4", "preface and SETTINGS", (h2, path) -> h2.magic().settings().ping(), "PONG");
    first("§3.4", "PING ahead of SETTINGS", (h2, path) -> h2.magic().ping(), PROTOCOL);
    first(
        "§3.4",
        "HEADERS ahead of SETTINGS",
        (h2, path) -> h2.magic().headers(1, WHOLE, get(path)),
        PROTOCOL);
    first(
        "§3.4",
        "an acknowledgement ahead of SETTINGS",
        (h2, path) -> h2.magic().frame(SETTINGS, ACK, 0),
        PROTOCOL);
    first(
        "§3.4",
        "SETTINGS and a request at once",
        (h2, path) -> h2.magic().settings().headers(1, WHOLE, get(FINE)),
        "ANSWER 200");
  }

  private void frames() {
    add("§4.1", "unknown type", (h2, path) -> h2.frame(0x16, 0, 0, new byte[8]).ping(), "PONG");
    add(
        "§4.1",
        "unknown type on an idle stream",
        (h2, path) -> h2.frame(0xee, 0xff, 7, new byte[8]).ping(),
        "PONG");
    add("§4.1", "undefined flags", (h2, path) -> h2.frame(PING, 0x16, 0, new byte[8]), "PONG");
    add("§4.1", "reserved bit", (h2, path) -> h2.frame(PING, 0, 1 << 31, new byte[8]), "PONG");
    add(
        "§4.1",
        "reserved bit of a stream's number",
        (h2, path) -> h2.headers(1 | 1 << 31, WHOLE, get(FINE)),
        "ANSWER 200");
    add(
        "§4.2",
        "DATA of 16384 bytes",
        (h2, path) ->
            h2.headers(1, END_HEADERS, request("POST", FINE))
                .frame(DATA, END_STREAM, 1, new byte[16384]),
        "ANSWER 200");
    add(
        "§4.2",
        "DATA of 16385 bytes",
        (h2, path) ->
            h2.headers(1, END_HEADERS, request("POST", path))
                .frame(DATA, END_STREAM, 1, new byte[16385]),
        SIZE,
        "RESET FRAME_SIZE_ERROR");
    add(
        "§4.2",
        "HEADERS of 16385 bytes",
        (h2, path) -> h2.frame(HEADERS, WHOLE, 1, Arrays.copyOf(block(get(path)), 16385)),
        SIZE);
    add(
        "§4.2",
        "SETTINGS of 16386 bytes",
        (h2, path) -> h2.frame(SETTINGS, 0, 0, new byte[16386]),
        SIZE);
    add(
        "§4.3",
        "a broken block",
        (h2, path) -> h2.frame(HEADERS, WHOLE, 1, new byte[] {0x40, 0x0a, 'a'}),
        "GOAWAY COMPRESSION_ERROR");
    add(
        "§4.3",
        "PRIORITY within a block",
        (h2, path) ->
            h2.headers(1, END_STREAM, get(path))
                .frame(PRIORITY, 0, 1, new byte[] {0, 0, 0, 0, 1})
                .frame(CONTINUATION, END_HEADERS, 1),
        PROTOCOL);
    add(
        "§4.3",
        "HEADERS of another stream within a block",
        (h2, path) -> h2.headers(1, END_STREAM, get(path)).headers(3, WHOLE, get(path)),
        PROTOCOL);
    add(
        "§5.5",
        "unknown type within a block",
        (h2, path) ->
            h2.headers(1, END_STREAM, get(path))
                .frame(0x16, 0, 0, new byte[8])
                .frame(CONTINUATION, END_HEADERS, 1),
        PROTOCOL);
  }

  private void idleStreams() {
    add("§5.1", "idle: DATA", (h2, path) -> h2.data(1, END_STREAM, "x"), PROTOCOL);
    add("§5.1", "idle: RST_STREAM", (h2, path) -> h2.reset(1), PROTOCOL);
    add("§5.1", "idle: WINDOW_UPDATE", (h2, path) -> h2.window(1, 100), PROTOCOL);
    add(
        "§5.1",
        "idle: CONTINUATION",
        (h2, path) -> h2.frame(CONTINUATION, END_HEADERS, 1, block(get(path))),
        PROTOCOL);
    add(
        "§5.1",
        "idle: PRIORITY",
        (h2, path) -> h2.frame(PRIORITY, 0, 1, new byte[] {0, 0, 0, 0, 1}).ping(),
        "PONG");
  }

  private void halfClosedStreams() {
    add(
        "§5.1",
        "half closed: DATA",
        (h2, path) -> h2.headers(1, WHOLE, get(HELD)).data(1, END_STREAM, "x"),
        "RESET STREAM_CLOSED",
        CLOSED);
    add(
        "§5.1",
        "half closed: HEADERS",
        (h2, path) -> h2.headers(1, WHOLE, get(HELD)).headers(1, WHOLE, get(path)),
        "RESET STREAM_CLOSED",
        CLOSED);
    add(
        "§5.1",
        "half closed: HEADERS without END_STREAM",
        (h2, path) -> h2.headers(1, WHOLE, get(HELD)).headers(1, END_HEADERS, get(path)),
        "RESET STREAM_CLOSED",
        CLOSED);
    add(
        "§5.1",
        "half closed after DATA: HEADERS",
        (h2, path) ->
            h2.headers(1, END_HEADERS, request("POST", HELD))
                .data(1, END_STREAM, "x")
                .headers(1, WHOLE, "x-a", "b"),
        "RESET STREAM_CLOSED",
        CLOSED);
    add(
        "§5.1",
        "half closed: CONTINUATION",
        (h2, path) ->
            h2.headers(1, WHOLE, get(HELD)).frame(CONTINUATION, END_HEADERS, 1, block("x-a", "b")),
        CLOSED,
        PROTOCOL);
    add(
        "§5.1",
        "half closed: WINDOW_UPDATE, PRIORITY and RST_STREAM",
        (h2, path) ->
            h2.headers(1, WHOLE, get(HELD))
                .window(1, 100)
                .frame(PRIORITY, 0, 1, new byte[] {0, 0, 0, 0, 1})
                .reset(1)
                .ping(),
        "PONG");
  }

  private static RawHttp2 answered(RawHttp2 h2) throws IOException {
    h2.headers(1, WHOLE, get(FINE)).answer(1);
    return h2;
  }

  private void closedStreams() {
    add(
        "§5.1",
        "closed by RST_STREAM: DATA",
        (h2, path) ->
            h2.headers(1, END_HEADERS, request("POST", HELD)).reset(1).data(1, END_STREAM, "x"),
        "RESET STREAM_CLOSED",
        CLOSED);
    add(
        "§5.1",
        "closed by RST_STREAM: HEADERS",
        (h2, path) ->
            h2.headers(1, END_HEADERS, request("POST", HELD)).reset(1).headers(1, WHOLE, get(path)),
        "RESET STREAM_CLOSED",
        CLOSED);
    add(
        "§5.1",
        "closed by RST_STREAM: CONTINUATION",
        (h2, path) ->
            h2.headers(1, END_HEADERS, request("POST", HELD))
                .reset(1)
                .frame(CONTINUATION, END_HEADERS, 1, block("x-a", "b")),
        CLOSED,
        PROTOCOL);
    add(
        "§5.1",
        "closed by RST_STREAM: RST_STREAM and WINDOW_UPDATE",
        (h2, path) -> h2.headers(1, WHOLE, get(HELD)).reset(1).reset(1).window(1, 1).ping(),
        "PONG");
    add(
        "§5.1",
        "closed: DATA",
        (h2, path) -> answered(h2).data(1, END_STREAM, "x"),
        "RESET STREAM_CLOSED",
        CLOSED);
    add("§5.1", "closed: HEADERS", (h2, path) -> answered(h2).headers(1, WHOLE, get(path)), CLOSED);
    add(
        "§5.1",
        "closed: CONTINUATION",
        (h2, path) -> answered(h2).frame(CONTINUATION, END_HEADERS, 1, block(get(path))),
        CLOSED,
        PROTOCOL);
    add(
        "§5.1",
        "closed: WINDOW_UPDATE, PRIORITY and RST_STREAM",
        (h2, path) ->
            answered(h2)
                .window(1, 100)
                .frame(PRIORITY, 0, 1, new byte[] {0, 0, 0, 0, 1})
                .reset(1)
                .ping(),
        "PONG");
    add(
        "§5.1",
        "closed long ago: HEADERS",
        (h2, path) -> {
          answered(h2).headers(100_001, WHOLE, get(FINE)).answer(100_001);
          h2.headers(1, WHOLE, get(path));
        },
        CLOSED);
    add(
        "§5.1",
        "reset by the server: DATA that was on its way",
        (h2, path) ->
            h2.headers(1, END_HEADERS, request("POST", path, "X-A", "b"))
                .data(1, 0, "x")
                .window(1, 100)
                .data(1, END_STREAM, "x")
                .reset(1),
        "RESET PROTOCOL_ERROR");
    add(
        "§5.1",
        "reset by the server: trailers that were on their way",
        (h2, path) ->
            h2.headers(1, END_HEADERS, request("POST", path, "X-A", "b"))
                .data(1, 0, "x")
                .headers(1, WHOLE, "x-sum", "1"),
        "RESET PROTOCOL_ERROR");
  }

  private void identifiers() {
    rows.add(
        new Case(
            "§5.1.1",
            "an even number",
            true,
            2,
            (h2, path) -> h2.headers(2, WHOLE, get(path)),
            List.of(PROTOCOL)));
    add(
        "§5.1.1",
        "a number below one that was used",
        (h2, path) -> h2.headers(5, WHOLE, get(HELD)).headers(3, WHOLE, get(path)),
        PROTOCOL);
    add(
        "§5.1.1",
        "a number far below one that was used",
        (h2, path) -> h2.headers(90_001, WHOLE, get(HELD)).headers(89_003, WHOLE, get(path)),
        PROTOCOL);
    add(
        "§5.1.1",
        "the largest number",
        (h2, path) -> h2.headers(Integer.MAX_VALUE, WHOLE, get(HELD)).ping(),
        "PONG");
    rows.add(
        new Case(
            "§5.1.2",
            "one stream more than allowed",
            true,
            21,
            (h2, path) -> {
              for (int stream = 1; stream < 21; stream += 2) {
                h2.headers(stream, WHOLE, get(HELD));
              }
              h2.headers(21, WHOLE, get(path));
            },
            List.of("RESET REFUSED_STREAM")));
    rows.add(
        new Case(
            "§5.1.2",
            "body of a stream that was refused",
            true,
            21,
            (h2, path) -> {
              for (int stream = 1; stream < 21; stream += 2) {
                h2.headers(stream, WHOLE, get(HELD));
              }
              h2.headers(21, END_HEADERS, request("POST", path))
                  .data(21, END_STREAM, "x")
                  .reset(21);
            },
            List.of("RESET REFUSED_STREAM")));
    add(
        "§5.3.1",
        "HEADERS of a stream that depends on itself",
        (h2, path) ->
            h2.frame(HEADERS, WHOLE | PRIORITISED, 1, word(1), new byte[1], block(get(path))),
        PROTOCOL,
        "RESET PROTOCOL_ERROR");
    add(
        "§5.3.1",
        "PRIORITY of a stream that depends on itself",
        (h2, path) -> h2.frame(PRIORITY, 0, 1, word(1), new byte[1]),
        PROTOCOL,
        "RESET PROTOCOL_ERROR");
  }

  private void dataAndHeaders() {
    add("§6.1", "DATA on stream 0", (h2, path) -> h2.data(0, END_STREAM, "x"), PROTOCOL);
    add(
        "§6.1",
        "padded DATA",
        (h2, path) ->
            h2.headers(1, END_HEADERS, request("POST", FINE))
                .frame(DATA, END_STREAM | PADDED, 1, new byte[] {3, 'a', 'b', 0, 0, 0}),
        "ANSWER 200");
    add(
        "§6.1",
        "DATA that is padding alone",
        (h2, path) ->
            h2.headers(1, END_HEADERS, request("POST", FINE))
                .frame(DATA, END_STREAM | PADDED, 1, new byte[] {2, 0, 0}),
        "ANSWER 200");
    add(
        "§6.1",
        "padding longer than DATA",
        (h2, path) ->
            h2.headers(1, END_HEADERS, request("POST", path))
                .frame(DATA, END_STREAM | PADDED, 1, new byte[] {6, 'a', 'b', 0, 0, 0}),
        PROTOCOL);
    add(
        "§6.1",
        "padded DATA without a length of the padding",
        (h2, path) ->
            h2.headers(1, END_HEADERS, request("POST", path)).frame(DATA, END_STREAM | PADDED, 1),
        PROTOCOL,
        SIZE,
        "RESET FRAME_SIZE_ERROR");
    add("§6.2", "HEADERS on stream 0", (h2, path) -> h2.headers(0, WHOLE, get(path)), PROTOCOL);
    add(
        "§6.2",
        "padded HEADERS with a priority",
        (h2, path) ->
            h2.frame(
                HEADERS,
                WHOLE | PADDED | PRIORITISED,
                1,
                new byte[] {2},
                word(0),
                new byte[] {15},
                block(get(FINE)),
                new byte[2]),
        "ANSWER 200");
    add(
        "§6.2",
        "padding longer than HEADERS",
        (h2, path) ->
            h2.frame(HEADERS, WHOLE | PADDED, 1, new byte[] {(byte) 200}, block(get("/"))),
        PROTOCOL);
    add(
        "§6.2",
        "HEADERS too short for their priority",
        (h2, path) -> h2.frame(HEADERS, WHOLE | PRIORITISED, 1, new byte[4]),
        SIZE);
    add(
        "§6.2",
        "DATA within a block",
        (h2, path) -> h2.headers(1, 0, get(path)).data(1, END_STREAM, "x"),
        PROTOCOL);
    add(
        "§6.6",
        "PUSH_PROMISE",
        (h2, path) ->
            h2.headers(1, END_HEADERS, request("POST", HELD))
                .frame(PUSH_PROMISE, END_HEADERS, 1, word(2), block(get(path))),
        PROTOCOL);
  }

  private void priorityAndReset() {
    add(
        "§6.3",
        "PRIORITY on stream 0",
        (h2, path) -> h2.frame(PRIORITY, 0, 0, new byte[] {0, 0, 0, 1, 1}),
        PROTOCOL);
    add(
        "§6.3",
        "PRIORITY of four bytes",
        (h2, path) ->
            h2.headers(1, END_HEADERS, request("POST", HELD)).frame(PRIORITY, 0, 1, new byte[4]),
        "RESET FRAME_SIZE_ERROR",
        SIZE);
    add("§6.4", "RST_STREAM on stream 0", (h2, path) -> h2.reset(0), PROTOCOL);
    add(
        "§6.4",
        "RST_STREAM of three bytes",
        (h2, path) ->
            h2.headers(1, END_HEADERS, request("POST", HELD)).frame(RST_STREAM, 0, 1, new byte[3]),
        SIZE);
    add(
        "§7",
        "RST_STREAM with an unknown code",
        (h2, path) ->
            h2.headers(1, END_HEADERS, request("POST", HELD))
                .frame(RST_STREAM, 0, 1, word(0xff))
                .ping(),
        "PONG");
  }

  private void settings() {
    add(
        "§6.5",
        "an acknowledgement with a payload",
        (h2, path) -> h2.frame(SETTINGS, ACK, 0, new byte[6]),
        SIZE);
    add("§6.5", "SETTINGS on a stream", (h2, path) -> h2.frame(SETTINGS, 0, 1), PROTOCOL);
    add(
        "§6.5",
        "SETTINGS of three bytes",
        (h2, path) -> h2.frame(SETTINGS, 0, 0, new byte[3]),
        SIZE);
    add("§6.5.2", "ENABLE_PUSH 2", (h2, path) -> h2.settings(2, 2), PROTOCOL);
    add(
        "§6.5.2",
        "INITIAL_WINDOW_SIZE 2^31",
        (h2, path) -> h2.settings(4, Integer.MIN_VALUE),
        "GOAWAY FLOW_CONTROL_ERROR");
    add("§6.5.2", "MAX_FRAME_SIZE 2^14 - 1", (h2, path) -> h2.settings(5, 16383), PROTOCOL);
    add("§6.5.2", "MAX_FRAME_SIZE 2^24", (h2, path) -> h2.settings(5, 1 << 24), PROTOCOL);
    add("§6.5.2", "an unknown setting", (h2, path) -> h2.settings(0xff, 1).ping(), "PONG");
    add(
        "§6.5.2",
        "settings at their bounds",
        (h2, path) ->
            h2.settings(1, 0, 2, 1, 3, 0, 4, Integer.MAX_VALUE, 5, 16777215, 6, 1)
                .headers(1, WHOLE, get(FINE)),
        "ANSWER 200",
        "RESET INTERNAL_ERROR",
        "RESET PROTOCOL_ERROR");
    add(
        "§6.5.3",
        "an acknowledgement that nobody asked for",
        (h2, path) -> h2.frame(SETTINGS, ACK, 0).ping(),
        "PONG",
        PROTOCOL);
  }

  private void pingAndGoAway() {
    add("§6.7", "PING", (h2, path) -> h2.ping(), "PONG");
    add(
        "§6.7",
        "an answer to no PING",
        (h2, path) -> h2.frame(PING, ACK, 0, new byte[8]).headers(1, WHOLE, get(FINE)),
        "ANSWER 200");
    add("§6.7", "PING on a stream", (h2, path) -> h2.frame(PING, 0, 1, new byte[8]), PROTOCOL);
    add("§6.7", "PING of six bytes", (h2, path) -> h2.frame(PING, 0, 0, new byte[6]), SIZE);
    add("§6.8", "GOAWAY on a stream", (h2, path) -> h2.frame(GOAWAY, 0, 1, new byte[8]), PROTOCOL);
    add("§6.8", "GOAWAY of seven bytes", (h2, path) -> h2.frame(GOAWAY, 0, 0, new byte[7]), SIZE);
    add(
        "§6.8",
        "GOAWAY with an unknown code; what is under way ends well",
        (h2, path) -> h2.headers(1, WHOLE, get(FINE)).frame(GOAWAY, 0, 0, word(0), word(0xff)),
        "ANSWER 200");
  }

  private void windows() {
    add("§6.9", "increment 0 for the connection", (h2, path) -> h2.window(0, 0), PROTOCOL);
    add(
        "§6.9",
        "increment 0 for a stream",
        (h2, path) -> h2.headers(1, END_HEADERS, request("POST", HELD)).window(1, 0),
        "RESET PROTOCOL_ERROR",
        PROTOCOL);
    add(
        "§6.9",
        "WINDOW_UPDATE of three bytes",
        (h2, path) -> h2.frame(WINDOW_UPDATE, 0, 0, new byte[3]),
        SIZE);
    add(
        "§6.9.1",
        "the connection's window above 2^31 - 1",
        (h2, path) -> h2.window(0, Integer.MAX_VALUE).window(0, Integer.MAX_VALUE),
        "GOAWAY FLOW_CONTROL_ERROR");
    add(
        "§6.9.1",
        "a stream's window above 2^31 - 1",
        (h2, path) ->
            h2.headers(1, END_HEADERS, request("POST", HELD))
                .window(1, Integer.MAX_VALUE)
                .window(1, Integer.MAX_VALUE),
        "RESET FLOW_CONTROL_ERROR",
        "GOAWAY FLOW_CONTROL_ERROR");
    add(
        "§6.9.2",
        "windows that SETTINGS make too large",
        (h2, path) ->
            h2.headers(1, END_HEADERS, request("POST", HELD))
                .window(1, Integer.MAX_VALUE - 65535)
                .settings(4, 65536),
        "GOAWAY FLOW_CONTROL_ERROR",
        "RESET FLOW_CONTROL_ERROR");
  }

  private void continuation() {
    add(
        "§6.10",
        "a block in three frames",
        (h2, path) -> {
          byte[] block = block(get(FINE, "x-a", "b"));
          h2.frame(HEADERS, END_STREAM, 1, Arrays.copyOf(block, 5))
              .frame(CONTINUATION, 0, 1, Arrays.copyOfRange(block, 5, 9))
              .frame(CONTINUATION, END_HEADERS, 1, Arrays.copyOfRange(block, 9, block.length));
        },
        "ANSWER 200");
    add(
        "§6.10",
        "CONTINUATION on stream 0",
        (h2, path) ->
            h2.headers(1, END_STREAM, get(path))
                .frame(CONTINUATION, END_HEADERS, 0, block("a", "b")),
        PROTOCOL);
    add(
        "§6.10",
        "CONTINUATION on another stream",
        (h2, path) ->
            h2.headers(1, END_STREAM, get(path))
                .frame(CONTINUATION, END_HEADERS, 3, block("a", "b")),
        PROTOCOL);
    add(
        "§6.10",
        "CONTINUATION after END_HEADERS",
        (h2, path) ->
            h2.headers(1, END_HEADERS, request("POST", HELD))
                .frame(CONTINUATION, END_HEADERS, 1, block("a", "b")),
        PROTOCOL);
    add(
        "§6.10",
        "CONTINUATION after the last CONTINUATION",
        (h2, path) ->
            h2.headers(1, 0, request("POST", HELD))
                .frame(CONTINUATION, END_HEADERS, 1, block("a", "b"))
                .frame(CONTINUATION, END_HEADERS, 1, block("a", "b")),
        PROTOCOL);
    add(
        "§6.10",
        "CONTINUATION after DATA",
        (h2, path) ->
            h2.headers(1, END_HEADERS, request("POST", HELD))
                .data(1, 0, "x")
                .frame(CONTINUATION, END_HEADERS, 1, block("a", "b")),
        PROTOCOL);
  }
}
