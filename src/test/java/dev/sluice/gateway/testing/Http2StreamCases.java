package dev.sluice.gateway.testing;

import static dev.sluice.gateway.testing.Http2Case.CLOSED;
import static dev.sluice.gateway.testing.Http2Case.FINE;
import static dev.sluice.gateway.testing.Http2Case.HELD;
import static dev.sluice.gateway.testing.Http2Case.PROTOCOL;
import static dev.sluice.gateway.testing.Http2Case.SIZE;
import static dev.sluice.gateway.testing.RawHttp2.ACK;
import static dev.sluice.gateway.testing.RawHttp2.CONTINUATION;
import static dev.sluice.gateway.testing.RawHttp2.DATA;
import static dev.sluice.gateway.testing.RawHttp2.END_HEADERS;
import static dev.sluice.gateway.testing.RawHttp2.END_STREAM;
import static dev.sluice.gateway.testing.RawHttp2.HEADERS;
import static dev.sluice.gateway.testing.RawHttp2.PING;
import static dev.sluice.gateway.testing.RawHttp2.PRIORITISED;
import static dev.sluice.gateway.testing.RawHttp2.PRIORITY;
import static dev.sluice.gateway.testing.RawHttp2.SETTINGS;
import static dev.sluice.gateway.testing.RawHttp2.WHOLE;
import static dev.sluice.gateway.testing.RawHttp2.block;
import static dev.sluice.gateway.testing.RawHttp2.get;
import static dev.sluice.gateway.testing.RawHttp2.request;
import static dev.sluice.gateway.testing.RawHttp2.word;

import dev.sluice.gateway.testing.Http2Case.Script;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What a strict HTTP/2 server does with the preface, with frames and with the states of streams
 * (RFC 9113 §3 to §5).
 */
public final class Http2StreamCases {
  private final List<Http2Case> rows = new ArrayList<>();

  private Http2StreamCases() {}

  /** All of them. */
  public static List<Http2Case> all() {
    Http2StreamCases cases = new Http2StreamCases();
    cases.preface();
    cases.frames();
    cases.idleStreams();
    cases.halfClosedStreams();
    cases.closedStreams();
    cases.identifiers();
    return cases.rows;
  }

  private void add(String section, String meaning, Script script, String... allowed) {
    rows.add(Http2Case.of(section, meaning, script, allowed));
  }

  private void first(String section, String meaning, Script script, String... allowed) {
    rows.add(new Http2Case(section, meaning, false, 1, script, List.of(allowed)));
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
        new Http2Case(
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
        new Http2Case(
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
        new Http2Case(
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
}
