package dev.sluice.gateway.http;

import static dev.sluice.gateway.http.ScannerOctets.TARGET;
import static dev.sluice.gateway.http.ScannerOctets.TOKEN;
import static dev.sluice.gateway.http.ScannerOctets.VALUE;
import static dev.sluice.gateway.http.ScannerOctets.is;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Reads a request line (RFC 9112 §3) or a status line (§4), of HTTP/1.0 and HTTP/1.1 alone. */
final class StartLineScanner {
  private enum Part {
    METHOD,
    TARGET,
    REQUEST_VERSION,
    STATUS_VERSION,
    STATUS,
    AFTER_STATUS,
    REASON,
    END,
    COMPLETE
  }

  private static final byte[] VERSION = "HTTP/1.".getBytes(StandardCharsets.US_ASCII);

  private Part part = Part.METHOD;
  private @Nullable String problem;
  private int index;
  private int length;
  private int minor;
  private int status;

  void begin(boolean request) {
    part = request ? Part.METHOD : Part.STATUS_VERSION;
    problem = null;
    index = 0;
    length = 0;
    minor = 0;
    status = 0;
  }

  /** What is wrong; null while all is well. */
  @Nullable String problem() {
    return problem;
  }

  /** Bytes so far, without the line's end. */
  int length() {
    return length;
  }

  /** Whether the line's CR was read. */
  boolean complete() {
    return part == Part.COMPLETE;
  }

  int minorVersion() {
    return minor;
  }

  /** 0 for requests. */
  int status() {
    return status;
  }

  /** Takes bytes up to and with the line's CR; returns the position after the last one taken. */
  int accept(byte[] in, int from, int to) {
    int at = from;
    while (at < to && problem == null && part != Part.COMPLETE) {
      if (part == Part.METHOD || part == Part.TARGET) {
        int start = at;
        int kind = part == Part.METHOD ? TOKEN : TARGET;
        while (at < to && is(in[at], kind)) {
          at++;
        }
        index |= at - start;
        if (at == to) {
          break;
        }
        endOfWord(in[at++]);
      } else {
        step(in[at++]);
      }
    }
    length += at - from;
    return at;
  }

  private void endOfWord(byte b) {
    if (b != ' ' || index == 0) {
      boolean end = b == '\r' || b == '\n';
      problem = part == Part.METHOD ? "bad method" : end ? "no HTTP version" : "bad request target";
    }
    part = part == Part.METHOD ? Part.TARGET : Part.REQUEST_VERSION;
    index = 0;
  }

  private void step(byte b) {
    switch (part) {
      case REQUEST_VERSION, STATUS_VERSION -> version(b);
      case STATUS -> status(b);
      case AFTER_STATUS -> {
        part = b == ' ' ? Part.REASON : Part.COMPLETE;
        if (b != ' ' && b != '\r') {
          problem = "bad status line";
        }
      }
      case REASON -> {
        if (b == '\r') {
          part = Part.COMPLETE;
        } else if (!is(b, VALUE)) {
          problem = "bad reason phrase";
        }
      }
      default -> {
        part = Part.COMPLETE;
        if (b != '\r') {
          problem = "bad end of the start line";
        }
      }
    }
  }

  private void version(byte b) {
    if (index < VERSION.length) {
      if (b != VERSION[index++]) {
        problem = "bad HTTP version";
      }
    } else if (b == '0' || b == '1') {
      minor = b - '0';
      index = 0;
      part = part == Part.REQUEST_VERSION ? Part.END : Part.STATUS;
    } else {
      problem = "bad HTTP version";
    }
  }

  private void status(byte b) {
    if (index == 0 ? b != ' ' : b < '0' || b > '9') {
      problem = "bad status line";
      return;
    }
    if (index > 0) {
      status = status * 10 + b - '0';
    }
    if (++index == 4) {
      part = Part.AFTER_STATUS;
      if (status < 100 || status > 599) {
        problem = "status out of range";
      }
    }
  }
}
