package dev.sluice.gateway.testing;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Requests as bytes, with what a strict front must make of them; knows nothing of who is tried. */
public final class RequestCases {
  /**
   * One case.
   *
   * @param statuses acceptable statuses of the answer; none at all is acceptable when {@code
   *     closes}
   * @param closes whether the connection must end afterwards
   * @param hidden whether nothing of it may reach what is behind
   */
  public record Case(
      String name, String bytes, Set<Integer> statuses, boolean closes, boolean hidden) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static final String HOST = "Host: example.com\r\n";
  private static final String CHUNKED =
      "POST /c HTTP/1.1\r\n" + HOST + "Transfer-Encoding: chunked\r\n\r\n";
  private final List<Case> cases = new ArrayList<>();

  private RequestCases() {}

  /** All cases. */
  public static List<Case> all() {
    RequestCases table = new RequestCases();
    table.startLines();
    table.fields();
    table.lengths();
    table.chunks();
    table.sizes();
    table.good();
    return List.copyOf(table.cases);
  }

  private void bad(String name, String bytes) {
    cases.add(new Case(name, bytes, Set.of(400), true, true));
  }

  private void badBody(String name, String body) {
    cases.add(new Case(name, CHUNKED + body, Set.of(400, 413), true, false));
  }

  private void ok(String name, String bytes) {
    cases.add(new Case(name, bytes, Set.of(200), false, false));
  }

  private void startLines() {
    String[][] lines = {
      {"no version", "GET /"},
      {"HTTP/0.9 with space", "GET / "},
      {"lower-case protocol", "GET / http/1.1"},
      {"HTTP/1.2", "GET / HTTP/1.2"},
      {"HTTP/1.10", "GET / HTTP/1.10"},
      {"HTTP/1.01", "GET / HTTP/1.01"},
      {"HTTP/2.0 on HTTP/1", "GET / HTTP/2.0"},
      {"HTTP/0.9 named", "GET / HTTP/0.9"},
      {"HTTP/11", "GET / HTTP/11"},
      {"HTTP/1", "GET / HTTP/1"},
      {"HTTP/1.", "GET / HTTP/1."},
      {"comma version", "GET / HTTP/1,1"},
      {"ICY protocol", "GET / ICY/1.1"},
      {"two spaces before target", "GET  / HTTP/1.1"},
      {"two spaces before version", "GET /  HTTP/1.1"},
      {"trailing space", "GET / HTTP/1.1 "},
      {"trailing tab", "GET / HTTP/1.1\t"},
      {"tab after method", "GET\t/ HTTP/1.1"},
      {"tab before version", "GET /\tHTTP/1.1"},
      {"space in target", "GET /a b HTTP/1.1"},
      {"leading space", " GET / HTTP/1.1"},
      {"leading tab", "\tGET / HTTP/1.1"},
      {"no target", "GET HTTP/1.1"},
      {"NUL in method", "G\0ET / HTTP/1.1"},
      {"colon in method", "GET: / HTTP/1.1"},
      {"parenthesis in method", "GE(T / HTTP/1.1"},
      {"high byte in method", "GE\u00e9 / HTTP/1.1"},
      {"NUL in target", "GET /\0 HTTP/1.1"},
      {"control in target", "GET /\u0001 HTTP/1.1"},
      {"DEL in target", "GET /\u007f HTTP/1.1"},
      {"high byte in target", "GET /\u00e9 HTTP/1.1"},
      {"fragment in target", "GET /a#b HTTP/1.1"},
      {"CR in target", "GET /\rX HTTP/1.1"},
      {"form feed for space", "GET\f/ HTTP/1.1"},
      {"vertical tab for space", "GET\u000b/ HTTP/1.1"},
      {"NUL after version", "GET / HTTP/1.1\0"},
      {"CR after version", "GET / HTTP/1.1\r"},
    };
    for (String[] line : lines) {
      bad("start line: " + line[0], line[1] + "\r\n" + HOST + "\r\n");
    }
    bad("start line: bare LF", "GET / HTTP/1.1\n" + HOST + "\r\n");
    bad("start line: bare CR", "GET / HTTP/1.1\r" + HOST + "\r\n");
    bad("all bare LF", "GET / HTTP/1.1\nHost: example.com\n\n");
    bad("four empty lines first", "\r\n\r\n\r\n\r\nGET / HTTP/1.1\r\n" + HOST + "\r\n");
    bad("bare LF first", "\nGET / HTTP/1.1\r\n" + HOST + "\r\n");
    bad("bare CR first", "\rGET / HTTP/1.1\r\n" + HOST + "\r\n");
    bad("TLS hello in clear", "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003");
    bad("h2 preface on HTTP/1", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  }

  private void fields() {
    String[][] lines = {
      {"space before colon", "X-A : b"},
      {"tab before colon", "X-A\t: b"},
      {"empty name", ": b"},
      {"no colon", "X-A"},
      {"only space", " "},
      {"space in name", "X A: b"},
      {"NUL in name", "X\0A: b"},
      {"high byte in name", "X\u00e9: b"},
      {"control in name", "X\u0001A: b"},
      {"parenthesis in name", "X(A: b"},
      {"comma in name", "X,A: b"},
      {"semicolon in name", "X;A: b"},
      {"slash in name", "X/A: b"},
      {"at in name", "X@A: b"},
      {"bracket in name", "X[A]: b"},
      {"brace in name", "X{A}: b"},
      {"quote in name", "\"XA\": b"},
      {"equals in name", "X=A: b"},
      {"question mark in name", "X?A: b"},
      {"backslash in name", "X\\A: b"},
      {"DEL in name", "X\u007fA: b"},
      {"obs-fold with space", "X-A: b\r\n c"},
      {"obs-fold with tab", "X-A: b\r\n\tc"},
      {"obs-fold of Host", "Host:\r\n other.com"},
      {"obs-fold of TE", "Transfer-Encoding:\r\n chunked"},
      {"NUL in value", "X-A: b\0c"},
      {"bare CR in value", "X-A: b\rc"},
      {"bare CR hiding a field", "X-A: b\rX-B: c"},
      {"bare LF in value", "X-A: b\nX-B: c"},
      {"control in value", "X-A: b\u0001c"},
      {"escape in value", "X-A: b\u001bc"},
      {"DEL in value", "X-A: b\u007fc"},
      {"vertical tab in value", "X-A: b\u000bc"},
      {"form feed in value", "X-A: b\fc"},
      {"backspace in value", "X-A: b\bc"},
      {"CR CR LF", "X-A: b\r"},
      {"LF CR", "X-A: b\n\rX-B: c"},
    };
    for (String[] line : lines) {
      bad("field: " + line[0], "GET / HTTP/1.1\r\n" + HOST + line[1] + "\r\n\r\n");
    }
    bad("field: first line folded", "GET / HTTP/1.1\r\n " + HOST + "\r\n");
    bad("head ends with LF LF", "GET / HTTP/1.1\r\nHost: example.com\n\n");
    bad("head ends with CR LF LF", "GET / HTTP/1.1\r\n" + HOST + "\n");
    bad("head ends with CR CR", "GET / HTTP/1.1\r\n" + HOST + "\r\r");
    bad("second pipelined head is bad", "GARBAGE\r\n\r\n");
  }

  private void lengths() {
    String[][] lines = {
      {"both lengths", "Content-Length: 3\r\nTransfer-Encoding: chunked"},
      {"both lengths, other order", "Transfer-Encoding: chunked\r\nContent-Length: 3"},
      {"differing lengths", "Content-Length: 3\r\nContent-Length: 4"},
      {"same length twice", "Content-Length: 3\r\nContent-Length: 3"},
      {"length list", "Content-Length: 3, 3"},
      {"differing list", "Content-Length: 3, 4"},
      {"plus", "Content-Length: +3"},
      {"minus", "Content-Length: -3"},
      {"hex", "Content-Length: 0x3"},
      {"fraction", "Content-Length: 3.0"},
      {"exponent", "Content-Length: 3e0"},
      {"empty", "Content-Length:"},
      {"blank", "Content-Length:  "},
      {"inner space", "Content-Length: 3 3"},
      {"letters", "Content-Length: abc"},
      {"quoted", "Content-Length: \"3\""},
      {"underscore", "Content-Length: 1_0"},
      {"overflow of 64 bits", "Content-Length: 18446744073709551619"},
      {"overflow of a long", "Content-Length: 9223372036854775808"},
      {"very long", "Content-Length: " + "0".repeat(60) + "3"},
      {"trailing comma", "Content-Length: 3,"},
      {"Arabic digits as bytes", "Content-Length: \u00d9\u00a3"},
      {"TE identity", "Transfer-Encoding: identity"},
      {"TE gzip", "Transfer-Encoding: gzip"},
      {"TE gzip, chunked", "Transfer-Encoding: gzip, chunked"},
      {"TE chunked, gzip", "Transfer-Encoding: chunked, gzip"},
      {"TE chunked, chunked", "Transfer-Encoding: chunked, chunked"},
      {"TE chunked, identity", "Transfer-Encoding: chunked, identity"},
      {"TE twice", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"},
      {"TE twice, second strange", "Transfer-Encoding: chunked\r\nTransfer-Encoding: x"},
      {"TE twice, first strange", "Transfer-Encoding: x\r\nTransfer-Encoding: chunked"},
      {"TE xchunked", "Transfer-Encoding: xchunked"},
      {"TE quoted", "Transfer-Encoding: \"chunked\""},
      {"TE with parameter", "Transfer-Encoding: chunked;a=b"},
      {"TE empty", "Transfer-Encoding:"},
      {"TE leading comma", "Transfer-Encoding: , chunked"},
      {"TE trailing comma", "Transfer-Encoding: chunked,"},
      {"TE vertical tab", "Transfer-Encoding: \u000bchunked"},
      {"TE NUL", "Transfer-Encoding: chunked\0"},
      {"TE space before colon", "Transfer-Encoding : chunked"},
      {"CL space before colon", "Content-Length : 3"},
      {"TE no-break space", "Transfer-Encoding: \u00a0chunked"},
      {"TE cow", "Transfer-Encoding: cow"},
    };
    for (String[] line : lines) {
      bad("length: " + line[0], "POST / HTTP/1.1\r\n" + HOST + line[1] + "\r\n\r\nabc");
    }
    bad(
        "length: TE in HTTP/1.0",
        "POST / HTTP/1.0\r\n" + HOST + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
  }

  private void chunks() {
    String[][] bodies = {
      {"size with sign", "+3\r\nabc\r\n0\r\n\r\n"},
      {"negative size", "-3\r\nabc\r\n0\r\n\r\n"},
      {"0x size", "0x3\r\nabc\r\n0\r\n\r\n"},
      {"leading space", " 3\r\nabc\r\n0\r\n\r\n"},
      {"leading tab", "\t3\r\nabc\r\n0\r\n\r\n"},
      {"trailing space", "3 \r\nabc\r\n0\r\n\r\n"},
      {"empty size", "\r\nabc\r\n0\r\n\r\n"},
      {"no hex", "g\r\nabc\r\n0\r\n\r\n"},
      {"only extension", ";a\r\nabc\r\n0\r\n\r\n"},
      {"int overflow", "100000003\r\nabc\r\n0\r\n\r\n"},
      {"long overflow", "10000000000000003\r\nabc\r\n0\r\n\r\n"},
      {"just over an int", "80000000\r\nabc"},
      {"endless zeros", "0".repeat(40) + "3\r\nabc\r\n0\r\n\r\n"},
      {"underscore", "1_0\r\nabc"},
      {"size ends with LF", "3\nabc\r\n0\r\n\r\n"},
      {"size ends with CR", "3\rabc\r\n0\r\n\r\n"},
      {"no CRLF after data", "3\r\nabc0\r\n\r\n"},
      {"LF after data", "3\r\nabc\n0\r\n\r\n"},
      {"CR after data", "3\r\nabc\r0\r\n\r\n"},
      {"data longer", "3\r\nabcd\r\n0\r\n\r\n"},
      {"data shorter", "4\r\nabc\r\n0\r\n\r\n"},
      {"empty extension", "3;\r\nabc\r\n0\r\n\r\n"},
      {"extension without name", "3;=a\r\nabc\r\n0\r\n\r\n"},
      {"extension with LF", "3;a\nabc\r\n0\r\n\r\n"},
      {"extension with CR", "3;a\rb\r\nabc\r\n0\r\n\r\n"},
      {"extension with NUL", "3;a\0\r\nabc\r\n0\r\n\r\n"},
      {"extension with control", "3;a=\u0001\r\nabc\r\n0\r\n\r\n"},
      {"open quote in extension", "3;a=\"b\r\nabc\r\n0\r\n\r\n"},
      {"text after the quotes", "3;a=\"b\"c\r\nabc\r\n0\r\n\r\n"},
      {"extension without value", "3;a=\r\nabc\r\n0\r\n\r\n"},
      {"long extension", "3;" + "a".repeat(5000) + "\r\nabc\r\n0\r\n\r\n"},
      {"last chunk ends with LF", "3\r\nabc\r\n0\n\r\n"},
      {"end with LF", "3\r\nabc\r\n0\r\n\n"},
      {"trailer without colon", "0\r\nX-A\r\n\r\n"},
      {"trailer with space before colon", "0\r\nX-A : b\r\n\r\n"},
      {"folded trailer", "0\r\nX-A: b\r\n c\r\n\r\n"},
      {"NUL in trailer", "0\r\nX-A: \0\r\n\r\n"},
      {"LF in trailer", "0\r\nX-A: b\nX-B: c\r\n\r\n"},
      {"content-length in trailer", "0\r\nContent-Length: 3\r\n\r\n"},
      {"transfer-encoding in trailer", "0\r\nTransfer-Encoding: chunked\r\n\r\n"},
      {"host in trailer", "0\r\nHost: x\r\n\r\n"},
      {"authorization in trailer", "0\r\nAuthorization: x\r\n\r\n"},
      {"empty trailer name", "0\r\n: b\r\n\r\n"},
      {"large trailer", "0\r\nX-A: " + "a".repeat(40_000) + "\r\n\r\n"},
    };
    for (String[] body : bodies) {
      badBody("chunk: " + body[0], body[1]);
    }
  }

  private void sizes() {
    cases.add(
        new Case(
            "size: start line",
            "GET /" + "a".repeat(9000) + " HTTP/1.1\r\n" + HOST + "\r\n",
            Set.of(414),
            true,
            true));
    cases.add(
        new Case(
            "size: one field",
            "GET / HTTP/1.1\r\n" + HOST + "X-A: " + "a".repeat(40_000) + "\r\n\r\n",
            Set.of(431),
            true,
            true));
    cases.add(
        new Case(
            "size: one name",
            "GET / HTTP/1.1\r\n" + HOST + "a".repeat(40_000) + ": b\r\n\r\n",
            Set.of(431),
            true,
            true));
    cases.add(
        new Case(
            "size: many fields",
            "GET / HTTP/1.1\r\n" + HOST + "X-A: b\r\n".repeat(101) + "\r\n",
            Set.of(431),
            true,
            true));
    cases.add(
        new Case(
            "size: all fields",
            "GET / HTTP/1.1\r\n" + HOST + ("X-A: " + "a".repeat(500) + "\r\n").repeat(90) + "\r\n",
            Set.of(431),
            true,
            true));
  }

  private void good() {
    ok("good: plain", "GET / HTTP/1.1\r\n" + HOST + "\r\n");
    ok("good: three empty lines first", "\r\n\r\n\r\nGET / HTTP/1.1\r\n" + HOST + "\r\n");
    ok("good: no space after the colon", "GET / HTTP/1.1\r\nHost:example.com\r\n\r\n");
    ok("good: blanks around a value", "GET / HTTP/1.1\r\n" + HOST + "X-A: \t b \t \r\n\r\n");
    ok("good: empty value", "GET / HTTP/1.1\r\n" + HOST + "X-A:\r\n\r\n");
    ok("good: high bytes in a value", "GET / HTTP/1.1\r\n" + HOST + "X-A: \u00e9\r\n\r\n");
    ok(
        "good: all token characters",
        "GET / HTTP/1.1\r\n" + HOST + "!#$%&'*+-.^_`|~09azAZ: b\r\n\r\n");
    ok("good: length", "POST / HTTP/1.1\r\n" + HOST + "Content-Length: 3\r\n\r\nabc");
    ok("good: length zero", "POST / HTTP/1.1\r\n" + HOST + "Content-Length: 0\r\n\r\n");
    ok("good: leading zero", "POST / HTTP/1.1\r\n" + HOST + "Content-Length: 003\r\n\r\nabc");
    ok("good: chunked", CHUNKED + "3\r\nabc\r\n0\r\n\r\n");
    ok(
        "good: chunked in capitals",
        CHUNKED.replace(": chunked", ": CHUNKED") + "A\r\n0123456789\r\n0\r\n\r\n");
    ok("good: chunk extension", CHUNKED + "3;a=b;c=\"d\\\"e\";f\r\nabc\r\n0\r\n\r\n");
    ok("good: trailer", CHUNKED + "3\r\nabc\r\n0\r\nX-A: b\r\n\r\n");
    ok("good: leading zeros in a size", CHUNKED + "0003\r\nabc\r\n000\r\n\r\n");
    ok("good: hundred fields", "GET / HTTP/1.1\r\n" + HOST + "X-A: b\r\n".repeat(99) + "\r\n");
    ok("good: 8,000 bytes of target", "GET /" + "a".repeat(8000) + " HTTP/1.1\r\n" + HOST + "\r\n");
  }
}
