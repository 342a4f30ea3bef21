package dev.sluice.gateway.testing;

import static dev.sluice.gateway.testing.Http2Case.FINE;
import static dev.sluice.gateway.testing.Http2Case.HELD;
import static dev.sluice.gateway.testing.Http2Case.PROTOCOL;
import static dev.sluice.gateway.testing.Http2Case.SIZE;
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

import dev.sluice.gateway.testing.Http2Case.Script;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** What a strict HTTP/2 server does with each type of frame (RFC 9113 §6 and §7). */
public final class Http2FrameCases {
  private final List<Http2Case> rows = new ArrayList<>();

  private Http2FrameCases() {}

  /** All of them. */
  public static List<Http2Case> all() {
    Http2FrameCases cases = new Http2FrameCases();
    cases.dataAndHeaders();
    cases.priorityAndReset();
    cases.settings();
    cases.pingAndGoAway();
    cases.windows();
    cases.continuation();
    return cases.rows;
  }

  private void add(String section, String meaning, Script script, String... allowed) {
    rows.add(Http2Case.of(section, meaning, script, allowed));
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
