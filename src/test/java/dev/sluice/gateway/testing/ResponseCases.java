package dev.sluice.gateway.testing;

import java.util.ArrayList;
import java.util.List;

/** Answers of an upstream as bytes, with what a strict front must make of them. */
public final class ResponseCases {
  /** What must come of an answer. */
  public enum Outcome {
    /** It is passed on. */
    PASSED,
    /**
     * Its status and a part of it may have been seen, but it never ends well, and the connection is
     * closed.
     */
    BROKEN,
    /** It is passed on, but the connection is never used again. */
    PASSED_AND_CLOSED
  }

  /** One case; {@code method} is that of the request. */
  public record Case(String name, String method, String bytes, Outcome outcome) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static final String OK = "HTTP/1.1 200 OK\r\n";
  private static final String LENGTH = OK + "Content-Length: 3\r\n\r\nabc";
  private static final String CHUNKED = OK + "Transfer-Encoding: chunked\r\n\r\n";
  private final List<Case> cases = new ArrayList<>();

  private ResponseCases() {}

  /** All cases. */
  public static List<Case> all() {
    ResponseCases table = new ResponseCases();
    table.startLines();
    table.fields();
    table.bodies();
    table.good();
    return List.copyOf(table.cases);
  }

  private void broken(String name, String bytes) {
    cases.add(new Case(name, "GET", bytes, Outcome.BROKEN));
  }

  private void ok(String name, String method, String bytes) {
    cases.add(new Case(name, method, bytes, Outcome.PASSED));
  }

  private void startLines() {
    for (String line :
        List.of(
            "HTTP/1.1 2000 OK",
            "HTTP/1.1 20 OK",
            "HTTP/1.1 099 OK",
            "HTTP/1.1 600 OK",
            "HTTP/1.1 999 OK",
            "HTTP/1.1 abc OK",
            "HTTP/1.1 +20 OK",
            "HTTP/1.1  200 OK",
            "HTTP/1.1\t200 OK",
            "HTTP/1.1 200\tOK",
            "HTTP/1.1200 OK",
            "HTTP/1.1",
            "HTTP/1.1 ",
            "HTTP/2.0 200 OK",
            "HTTP/0.9 200 OK",
            "HTTP/1.2 200 OK",
            "http/1.1 200 OK",
            "ICY 200 OK",
            " HTTP/1.1 200 OK",
            "200 OK",
            "<html>",
            "HTTP/1.1 200 O\0K",
            "HTTP/1.1 200 O\rK",
            "HTTP/1.1 200 O\u0001K",
            "SSH-2.0-x",
            "\0",
            "HTTP/1.1 2 00 OK",
            "HTTP/1.1 200OK")) {
      broken(
          "status line: " + line.replace("\0", "NUL"), line + "\r\nContent-Length: 3\r\n\r\nabc");
    }
    broken("status line: bare LF", "HTTP/1.1 200 OK\nContent-Length: 3\r\n\r\nabc");
    broken("empty line first", "\r\n" + LENGTH);
    broken(
        "long status line",
        "HTTP/1.1 200 " + "a".repeat(9000) + "\r\nContent-Length: 3\r\n\r\nabc");
    broken(
        "unasked 101",
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n");
    broken("endless interim answers", "HTTP/1.1 102 Processing\r\n\r\n".repeat(40) + LENGTH);
  }

  private void fields() {
    for (String line :
        List.of(
            "X-A : b",
            "X-A\t: b",
            ": b",
            "X-A",
            "X A: b",
            "X\0A: b",
            "X\u00e9: b",
            "X(A: b",
            "X-A: b\r\n c",
            "X-A: b\r\n\tc",
            "X-A: b\0c",
            "X-A: b\rc",
            "X-A: b\nX-B: c",
            "X-A: b\u0001c",
            "X-A: b\u007fc",
            " X-A: b",
            "Content-Length: 3",
            "Content-Length: 4",
            "Content-Length : 3",
            "Transfer-Encoding: chunked",
            "Transfer-Encoding: identity",
            "Transfer-Encoding: gzip")) {
      broken(
          "field: " + line.replace("\r\n", "CRLF"),
          OK + "Content-Length: 3\r\n" + line + "\r\n\r\nabc");
    }
    broken("too many fields", OK + "X-A: b\r\n".repeat(101) + "\r\n");
    broken("fields too large", OK + "X-A: " + "a".repeat(40_000) + "\r\n\r\n");
    for (String value :
        List.of("+3", "-3", "0x3", "3, 3", "3,4", "", "abc", "3 3", "9223372036854775808", "3.0")) {
      broken("length: " + value, OK + "Content-Length: " + value + "\r\n\r\nabc");
    }
    for (String value :
        List.of(
            "gzip, chunked", "chunked, gzip", "chunked, chunked", "xchunked", "", "chunked;a")) {
      broken(
          "encoding: " + value,
          OK + "Transfer-Encoding: " + value + "\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
    }
    broken(
        "encoding in HTTP/1.0", CHUNKED.replace("HTTP/1.1", "HTTP/1.0") + "3\r\nabc\r\n0\r\n\r\n");
    broken("encoding on 204", "HTTP/1.1 204 No\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
  }

  private void bodies() {
    for (String body :
        List.of(
            "+3\r\nabc\r\n0\r\n\r\n",
            "-3\r\nabc\r\n0\r\n\r\n",
            "0x3\r\nabc\r\n0\r\n\r\n",
            " 3\r\nabc\r\n0\r\n\r\n",
            "\r\nabc\r\n0\r\n\r\n",
            "zz\r\nabc\r\n0\r\n\r\n",
            "100000003\r\nabc\r\n0\r\n\r\n",
            "3\nabc\r\n0\r\n\r\n",
            "3\r\nabcd\r\n0\r\n\r\n",
            "3\r\nabc0\r\n\r\n",
            "3\r\nabc\n0\r\n\r\n",
            "3;\r\nabc\r\n0\r\n\r\n",
            "3;a\nb\r\nabc\r\n0\r\n\r\n",
            "3\r\nabc\r\n0\r\nX-A : b\r\n\r\n",
            "3\r\nabc\r\n0\r\nContent-Length: 3\r\n\r\n",
            "3\r\nabc\r\n0\r\n\n",
            "3\r\nabc\r\n0\r\nX\r\n\r\n",
            "3\r\nabc\r\n0\r\nX: \0\r\n\r\n")) {
      broken("chunk: " + body.replace("\r\n", "|").replace("\0", "NUL"), CHUNKED + body);
    }
    cases.add(new Case("bytes after the body", "GET", LENGTH + "xyz", Outcome.PASSED_AND_CLOSED));
    cases.add(new Case("second answer", "GET", LENGTH + LENGTH, Outcome.PASSED_AND_CLOSED));
    cases.add(
        new Case(
            "bytes after the last chunk",
            "GET",
            CHUNKED + "0\r\n\r\nxyz",
            Outcome.PASSED_AND_CLOSED));
    cases.add(new Case("body of HEAD", "HEAD", LENGTH, Outcome.PASSED_AND_CLOSED));
    cases.add(
        new Case("body of 204", "GET", "HTTP/1.1 204 No\r\n\r\nabc", Outcome.PASSED_AND_CLOSED));
    cases.add(
        new Case(
            "body of 304",
            "GET",
            "HTTP/1.1 304 No\r\nContent-Length: 3\r\n\r\nabc",
            Outcome.PASSED_AND_CLOSED));
  }

  private void good() {
    ok("good: length", "GET", LENGTH);
    ok("good: chunked", "GET", CHUNKED + "3;a=b\r\nabc\r\n0\r\nX-A: b\r\n\r\n");
    ok("good: HEAD", "HEAD", OK + "Content-Length: 3\r\n\r\n");
    ok("good: HEAD chunked", "HEAD", CHUNKED);
    ok("good: 204", "GET", "HTTP/1.1 204 No\r\n\r\n");
    ok("good: 304", "GET", "HTTP/1.1 304 No\r\nContent-Length: 3\r\n\r\n");
    ok("good: no reason", "GET", "HTTP/1.1 200 \r\nContent-Length: 3\r\n\r\nabc");
    ok("good: no reason, no space", "GET", "HTTP/1.1 200\r\nContent-Length: 3\r\n\r\nabc");
    ok("good: 100 first", "GET", "HTTP/1.1 100 Continue\r\n\r\n" + LENGTH);
    ok("good: 102 first", "GET", "HTTP/1.1 102 Processing\r\nX-A: b\r\n\r\n" + LENGTH);
    ok("good: 103 first", "GET", "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + LENGTH);
    ok(
        "good: 199 between",
        "GET",
        "HTTP/1.1 103 E\r\n\r\nHTTP/1.1 199 X\r\n\r\nHTTP/1.1 103 E\r\n\r\n" + LENGTH);
  }
}
