package dev.sluice.gateway.testing;

import static dev.sluice.gateway.testing.Http2Case.FINE;
import static dev.sluice.gateway.testing.Http2Case.HELD;
import static dev.sluice.gateway.testing.RawHttp2.CONTINUATION;
import static dev.sluice.gateway.testing.RawHttp2.END_HEADERS;
import static dev.sluice.gateway.testing.RawHttp2.END_STREAM;
import static dev.sluice.gateway.testing.RawHttp2.HEADERS;
import static dev.sluice.gateway.testing.RawHttp2.WHOLE;
import static dev.sluice.gateway.testing.RawHttp2.block;
import static dev.sluice.gateway.testing.RawHttp2.get;
import static dev.sluice.gateway.testing.RawHttp2.request;

import dev.sluice.gateway.testing.Http2Case.Script;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** What a strict HTTP/2 server does with requests (RFC 9113 §8). */
public final class Http2RequestCases {
  private static final String MALFORMED = "RESET PROTOCOL_ERROR";
  private static final String REFUSED = "ANSWER 400";

  private final List<Http2Case> rows = new ArrayList<>();

  private Http2RequestCases() {}

  /** All of them. */
  public static List<Http2Case> all() {
    Http2RequestCases cases = new Http2RequestCases();
    cases.fields();
    cases.pseudoHeaders();
    cases.bodies();
    cases.values();
    cases.authorities();
    cases.targets();
    cases.sizes();
    return cases.rows;
  }

  private void add(String section, String meaning, Script script, String... allowed) {
    rows.add(Http2Case.of(section, meaning, script, allowed));
  }

  /** A GET with more fields. */
  private void field(String section, String meaning, String name, String value, String... allowed) {
    add(section, meaning, (h2, path) -> h2.headers(1, WHOLE, get(path, name, value)), allowed);
  }

  /** A request of exactly these fields; PATH stands for the path. */
  private void exactly(String section, String meaning, String fields, String... allowed) {
    add(
        section,
        meaning,
        (h2, path) -> {
          String[] all = fields.isEmpty() ? new String[0] : fields.split("[=;]", -1);
          for (int i = 0; i < all.length; i++) {
            all[i] = all[i].equals("PATH") ? path : all[i];
          }
          h2.headers(1, WHOLE, all);
        },
        allowed);
  }

  private void fields() {
    add(
        "§8.1",
        "a second HEADERS without END_STREAM",
        (h2, path) ->
            h2.headers(1, END_HEADERS, request("POST", HELD)).headers(1, END_HEADERS, "x-a", "b"),
        MALFORMED);
    add(
        "§8.1",
        "trailers",
        (h2, path) ->
            h2.headers(1, END_HEADERS, request("POST", FINE))
                .data(1, 0, "abc")
                .headers(1, WHOLE, "x-sum", "1"),
        "ANSWER 200");
    add(
        "§8.1",
        "DATA after trailers",
        (h2, path) ->
            h2.headers(1, END_HEADERS, request("POST", HELD))
                .headers(1, WHOLE, "x-sum", "1")
                .data(1, END_STREAM, "x"),
        "RESET STREAM_CLOSED",
        "GOAWAY STREAM_CLOSED");
    field("§8.2.1", "an upper-case name", "X-Test", "a", MALFORMED);
    field("§8.2.1", "an empty name", "", "a", MALFORMED);
    field("§8.2.1", "a blank in a name", "x a", "a", MALFORMED);
    field("§8.2.1", "a colon in a name", "x:a", "a", MALFORMED);
    field("§8.2.1", "NUL in a name", "x\0a", "a", MALFORMED);
    field("§8.2.1", "a line's end in a name", "x\r\na", "a", MALFORMED);
    field("§8.2.1", "a high byte in a name", "x\u00e4", "a", MALFORMED);
    field("§8.2.2", "connection", "connection", "keep-alive", MALFORMED);
    field("§8.2.2", "keep-alive", "keep-alive", "timeout=5", MALFORMED);
    field("§8.2.2", "proxy-connection", "proxy-connection", "close", MALFORMED);
    field("§8.2.2", "transfer-encoding", "transfer-encoding", "chunked", MALFORMED);
    field("§8.2.2", "upgrade", "upgrade", "websocket", MALFORMED);
    field("§8.2.2", "te other than trailers", "te", "trailers, deflate", MALFORMED);
    add(
        "§8.2.2",
        "te: trailers",
        (h2, path) -> h2.headers(1, WHOLE, get(FINE, "te", "trailers")),
        "ANSWER 200");
    add(
        "§8.1",
        "connection among trailers",
        (h2, path) ->
            h2.headers(1, END_HEADERS, request("POST", path))
                .data(1, 0, "x")
                .headers(1, WHOLE, "connection", "close"),
        MALFORMED);
    add(
        "§8.2.1",
        "an upper-case name among trailers",
        (h2, path) ->
            h2.headers(1, END_HEADERS, request("POST", path))
                .data(1, 0, "x")
                .headers(1, WHOLE, "X-Sum", "1"),
        MALFORMED);
  }

  private void pseudoHeaders() {
    field("§8.3", "an unknown pseudo-header", ":test", "a", MALFORMED);
    exactly(
        "§8.3",
        "an unknown pseudo-header ahead of fields",
        ":method=GET;:scheme=http;:path=PATH;:test=a;:authority=a",
        MALFORMED);
    exactly(
        "§8.3",
        "a pseudo-header of answers",
        ":method=GET;:scheme=http;:path=PATH;:authority=a;:status=200",
        MALFORMED);
    exactly(
        "§8.3",
        "a pseudo-header after a field",
        ":method=GET;:scheme=http;:authority=a;x-a=b;:path=PATH",
        MALFORMED);
    add(
        "§8.1",
        "a pseudo-header among trailers",
        (h2, path) ->
            h2.headers(1, END_HEADERS, request("POST", path))
                .data(1, 0, "x")
                .headers(1, WHOLE, ":method", "POST"),
        MALFORMED);
    exactly("§8.3.1", "no fields at all", "", MALFORMED);
    exactly("§8.3.1", "no :method", ":scheme=http;:path=PATH;:authority=a", MALFORMED);
    exactly("§8.3.1", "no :scheme", ":method=GET;:path=PATH;:authority=a", MALFORMED);
    exactly("§8.3.1", "no :path", ":method=GET;:scheme=http;:authority=a", MALFORMED);
    exactly("§8.3.1", "an empty :path", ":method=GET;:scheme=http;:path=;:authority=a", MALFORMED);
    exactly(
        "§8.3.1", "an empty :method", ":method=;:scheme=http;:path=PATH;:authority=a", MALFORMED);
    exactly(
        "§8.3.1",
        "an empty :authority",
        ":method=GET;:scheme=http;:path=PATH;:authority=",
        MALFORMED);
    for (String name : List.of(":method=GET", ":scheme=http", ":path=PATH", ":authority=a")) {
      exactly(
          "§8.3.1",
          name.split("=", -1)[0] + " twice",
          ":method=GET;:scheme=http;:path=PATH;:authority=a;" + name,
          MALFORMED);
    }
    exactly(
        "RFC 8441 §4",
        ":protocol without being asked",
        ":method=CONNECT;:protocol=websocket;:scheme=http;:path=PATH;:authority=a",
        MALFORMED);
    exactly("§8.5", "CONNECT", ":method=CONNECT;:authority=a:80", "ANSWER 501", MALFORMED);
    exactly(
        "§8.5",
        "CONNECT with a path",
        ":method=CONNECT;:scheme=http;:path=PATH;:authority=a:80",
        MALFORMED);
    exactly(
        "§8.3.1",
        "a scheme that is none",
        ":method=GET;:scheme=http://b/;:path=PATH;:authority=a",
        MALFORMED,
        REFUSED);
    exactly(
        "§8.3.1",
        "a scheme that is not HTTP's",
        ":method=GET;:scheme=ftp;:path=PATH;:authority=a",
        MALFORMED,
        REFUSED);
    exactly(
        "§8.3.1",
        "a blank in the method",
        ":method=GET /x;:scheme=http;:path=PATH;:authority=a",
        MALFORMED,
        REFUSED);
    exactly(
        "§8.3.1",
        "a request line in the method",
        ":method=GET /x HTTP/1.1\r\nHost: b\r\n\r\nGET;:scheme=http;:path=PATH;:authority=a",
        MALFORMED,
        REFUSED);
    exactly("§8.3.1", "TRACE", ":method=TRACE;:scheme=http;:path=PATH;:authority=a", "ANSWER 405");
  }

  private void bodies() {
    add(
        "§8.1.1",
        "DATA shorter than content-length",
        (h2, path) ->
            h2.headers(1, END_HEADERS, request("POST", path, "content-length", "9"))
                .data(1, END_STREAM, "abc"),
        MALFORMED);
    add(
        "§8.1.1",
        "DATA longer than content-length",
        (h2, path) ->
            h2.headers(1, END_HEADERS, request("POST", path, "content-length", "1"))
                .data(1, END_STREAM, "abc"),
        MALFORMED);
    add(
        "§8.1.1",
        "DATA in two frames shorter than content-length",
        (h2, path) ->
            h2.headers(1, END_HEADERS, request("POST", path, "content-length", "9"))
                .data(1, 0, "abc")
                .data(1, END_STREAM, "abc"),
        MALFORMED);
    add(
        "§8.1.1",
        "DATA in two frames longer than content-length",
        (h2, path) ->
            h2.headers(1, END_HEADERS, request("POST", path, "content-length", "4"))
                .data(1, 0, "abc")
                .data(1, END_STREAM, "abc"),
        MALFORMED);
    add(
        "§8.1.1",
        "content-length and no DATA",
        (h2, path) -> h2.headers(1, WHOLE, request("POST", path, "content-length", "4")),
        MALFORMED);
    add(
        "§8.1.1",
        "content-length and trailers in its place",
        (h2, path) ->
            h2.headers(1, END_HEADERS, request("POST", path, "content-length", "4"))
                .headers(1, WHOLE, "x-a", "b"),
        MALFORMED);
    for (String length : List.of("+3", "-3", "0x3", "3,4", "3 3", "99999999999999999999", "")) {
      add(
          "§8.1.1",
          "content-length \"" + length + "\"",
          (h2, path) ->
              h2.headers(1, END_HEADERS, request("POST", path, "content-length", length))
                  .data(1, END_STREAM, "abc"),
          MALFORMED,
          REFUSED);
    }
    add(
        "§8.1.1",
        "two lengths",
        (h2, path) ->
            h2.headers(
                    1,
                    END_HEADERS,
                    request("POST", path, "content-length", "3", "content-length", "4"))
                .data(1, END_STREAM, "abc"),
        MALFORMED,
        REFUSED);
    add(
        "RFC 9110 §8.6",
        "one length twice, which becomes one",
        (h2, path) ->
            h2.headers(
                    1,
                    END_HEADERS,
                    request("POST", FINE, "content-length", "3", "content-length", "3, 3"))
                .data(1, END_STREAM, "abc"),
        "ANSWER 200");
    add(
        "§8.1",
        "the right length",
        (h2, path) ->
            h2.headers(1, END_HEADERS, request("POST", FINE, "content-length", "6"))
                .data(1, 0, "abc")
                .data(1, END_STREAM, "abc"),
        "ANSWER 200");
  }

  private void values() {
    for (String bad : List.of("a\0b", "a\rb", "a\nb", "a\r\nx-b: c", "a\u0001b", "a\u007fb")) {
      field(
          "§8.2.1",
          "byte " + (int) bad.charAt(1) + " in a value of " + bad.length(),
          "x-a",
          bad,
          MALFORMED,
          REFUSED);
    }
    field("§8.2.1", "a value that begins with a blank", "x-a", " a", MALFORMED, REFUSED);
    field("§8.2.1", "a value that ends with a tab", "x-a", "a\t", MALFORMED, REFUSED);
    add(
        "RFC 9110 §5.5",
        "high bytes, a tab and an empty value",
        (h2, path) -> h2.headers(1, WHOLE, get(FINE, "x-a", "\u00e4\tb", "x-b", "")),
        "ANSWER 200");
    field("RFC 9110 §10.1.1", "an expectation that is unknown", "expect", "x", "ANSWER 417");
  }

  private void authorities() {
    for (String bad :
        List.of("a b", "a/b", "u@a", "a:b", "a:", "a:99999", "a\0", "a?", "[a]", "..", "\u00e4")) {
      exactly(
          "§8.3.1",
          ":authority " + bad.replace('\0', '0'),
          ":method=GET;:scheme=http;:path=PATH;:authority=" + bad,
          MALFORMED,
          REFUSED);
      exactly(
          "§8.3.1",
          "host " + bad.replace('\0', '0'),
          ":method=GET;:scheme=http;:path=PATH;host=" + bad,
          MALFORMED,
          REFUSED);
      exactly(
          "§8.3.1",
          "a good host beside :authority " + bad.replace('\0', '0'),
          ":method=GET;:scheme=http;:path=PATH;:authority=" + bad + ";host=a",
          MALFORMED,
          REFUSED);
    }
    field("§8.3.1", "host other than :authority", "host", "b", MALFORMED, REFUSED);
    field("§8.3.1", "host with another port", "host", "a:81", MALFORMED, REFUSED);
    exactly(
        "§8.3.1",
        "two hosts",
        ":method=GET;:scheme=http;:path=PATH;host=a;host=b",
        MALFORMED,
        REFUSED);
    exactly(
        "§8.3.1",
        "two hosts beside :authority",
        ":method=GET;:scheme=http;:path=PATH;:authority=a;host=a;host=b",
        MALFORMED,
        REFUSED);
    exactly(
        "§8.3.1",
        "neither host nor :authority",
        ":method=GET;:scheme=http;:path=PATH",
        MALFORMED,
        REFUSED);
    exactly(
        "§8.3.1",
        "host in place of :authority",
        ":method=GET;:scheme=http;:path=" + FINE + ";host=a",
        "ANSWER 200");
    exactly(
        "§8.3.1",
        "host that is :authority",
        ":method=GET;:scheme=http;:path=" + FINE + ";:authority=a;host=A",
        "ANSWER 200");
  }

  private void targets() {
    for (String bad :
        List.of(
            "/a b",
            "/a\0",
            "/a\r\nb",
            "/a\u00e4",
            "/a#b",
            "/../a",
            "/%00",
            "/%zz",
            "/a%2fb",
            "/a\\b",
            "a",
            "http://a/b",
            "*",
            "?a")) {
      add(
          "§8.3.1",
          ":path " + bad.replaceAll("[\\x00-\\x1f]", "^"),
          (h2, path) -> h2.headers(1, WHOLE, get(bad + path.substring(1))),
          MALFORMED,
          REFUSED);
    }
  }

  private void sizes() {
    add("§10.5.1", "fields of 40,000 bytes", (h2, path) -> large(h2, path, 40_000), "ANSWER 431");
    add(
        "§10.5.1",
        "fields of 400,000 bytes",
        (h2, path) -> large(h2, path, 400_000),
        "GOAWAY PROTOCOL_ERROR",
        "GOAWAY ENHANCE_YOUR_CALM",
        "ANSWER 431");
    add(
        "§10.5.1",
        "101 fields",
        (h2, path) -> {
          String[] many = new String[202];
          for (int i = 0; i < many.length; i += 2) {
            many[i] = "x-" + i;
            many[i + 1] = "a";
          }
          h2.headers(1, WHOLE, get(path, many));
        },
        "ANSWER 431");
    add(
        "§10.5.1",
        "a path of 9,000 bytes",
        (h2, path) -> h2.headers(1, WHOLE, get(path + "a".repeat(9000))),
        "ANSWER 414");
  }

  /** One request whose fields are so large, in as many frames as it takes. */
  private static void large(RawHttp2 h2, String path, int bytes) throws IOException {
    byte[] block = block(get(path, "x-a", "a".repeat(bytes)));
    for (int at = 0; at < block.length; at += 16384) {
      int end = Math.min(block.length, at + 16384);
      h2.frame(
          at == 0 ? HEADERS : CONTINUATION,
          (at == 0 ? END_STREAM : 0) | (end == block.length ? END_HEADERS : 0),
          1,
          Arrays.copyOfRange(block, at, end));
    }
  }
}
