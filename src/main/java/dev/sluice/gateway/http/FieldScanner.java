package dev.sluice.gateway.http;

import static dev.sluice.gateway.http.ScannerOctets.TOKEN;
import static dev.sluice.gateway.http.ScannerOctets.VALUE;
import static dev.sluice.gateway.http.ScannerOctets.is;
import static dev.sluice.gateway.http.ScannerOctets.lower;

import dev.sluice.gateway.failure.Failure;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Follows a section of header or trailer fields (RFC 9112 §5) to the empty line that ends it, and
 * tells the fields of a head that matter to the framing to {@link LengthScanner}. Incremental. One
 * thread.
 */
final class FieldScanner {
  private enum State {
    FIELD,
    NAME,
    VALUE,
    VALUE_LF,
    END_LF,
    END
  }

  /** RFC 9110 §6.5.1: fields of framing, routing, authentication, or of how to read the content. */
  private static final Set<String> NOT_IN_TRAILERS =
      Set.of(
          "content-length",
          "transfer-encoding",
          "host",
          "connection",
          "trailer",
          "te",
          "upgrade",
          "keep-alive",
          "authorization",
          "proxy-authorization",
          "cookie",
          "set-cookie",
          "content-encoding",
          "content-type",
          "content-range",
          "expect",
          "max-forwards",
          "cache-control",
          "range",
          "proxy-connection");

  private final MessageScanner.Limits limits;
  private final LengthScanner lengths;
  private final byte[] name = new byte[32];

  private State state = State.FIELD;
  private @Nullable String problem;
  private Failure failure = Failure.BAD_REQUEST;
  private boolean trailers;
  private int bytes;
  private int count;
  private int nameLength;

  FieldScanner(MessageScanner.Limits limits, LengthScanner lengths) {
    this.limits = limits;
    this.lengths = lengths;
  }

  /** A message's head begins. */
  void beginHead() {
    bytes = 0;
    count = 0;
    trailers = false;
    state = State.FIELD;
  }

  /** Its trailers begin; they share its bounds. */
  void beginTrailers() {
    trailers = true;
    state = State.FIELD;
  }

  /** Whether the section that is read follows a body. */
  boolean trailers() {
    return trailers;
  }

  /** Whether the empty line has been read. */
  boolean complete() {
    return state == State.END;
  }

  /** What is wrong; null while all is well. */
  @Nullable String problem() {
    return problem;
  }

  /** The reason of the {@link #problem()}. */
  Failure failure() {
    return failure;
  }

  /** Looks at bytes until the section is complete; the position after the last one used. */
  int accept(byte[] in, int from, int to) {
    int at = from;
    while (at < to && problem == null && state != State.END) {
      switch (state) {
        case NAME -> at = name(in, at, to);
        case VALUE -> at = value(in, at, to);
        case FIELD -> field(in[at++]);
        case VALUE_LF -> endOfField(in[at++]);
        default -> {
          state = State.END;
          if (in[at++] != '\n') {
            bad("bare CR");
          }
        }
      }
    }
    return at;
  }

  private void field(byte b) {
    bytes++;
    if (b == '\r') {
      state = State.END_LF;
    } else if (!is(b, TOKEN)) {
      bad(b == ' ' || b == '\t' ? "folded header line" : "bad header name");
    } else if (++count > limits.count()) {
      tooLarge("too many header fields");
    } else {
      nameLength = 1;
      name[0] = lower(b);
      state = State.NAME;
    }
  }

  private int name(byte[] in, int from, int to) {
    int at = from;
    int length = nameLength;
    while (at < to && is(in[at], TOKEN)) {
      if (length < name.length) {
        name[length] = lower(in[at]);
      }
      length++;
      at++;
    }
    nameLength = length;
    if (full(at - from) || at == to) {
      return at;
    }
    if (in[at] != ':') {
      bad(in[at] == ' ' || in[at] == '\t' ? "space before the colon" : "bad header name");
      return at;
    }
    bytes++;
    if (!trailers) {
      lengths.beginField(name, length);
    } else if (forbidden(length)) {
      bad("field not allowed in a trailer");
      return at;
    } else {
      lengths.ignore();
    }
    state = State.VALUE;
    return at + 1;
  }

  private boolean forbidden(int length) {
    return length <= name.length
        && NOT_IN_TRAILERS.contains(new String(name, 0, length, StandardCharsets.US_ASCII));
  }

  private int value(byte[] in, int from, int to) {
    int at = from;
    while (at < to && is(in[at], VALUE)) {
      if (lengths.collecting() && !lengths.collect(in[at])) {
        bad("bad message length");
        return at;
      }
      at++;
    }
    if (full(at - from) || at == to) {
      return at;
    }
    if (in[at] != '\r') {
      bad(in[at] == '\n' ? "bare LF" : "control character in a header value");
      return at;
    }
    bytes++;
    state = State.VALUE_LF;
    return at + 1;
  }

  private void endOfField(byte b) {
    bytes++;
    state = State.FIELD;
    if (b != '\n') {
      bad("bare CR");
      return;
    }
    String wrong = lengths.endOfField();
    if (wrong != null) {
      bad(wrong);
    }
  }

  private boolean full(int more) {
    bytes += more;
    if (bytes <= limits.bytes()) {
      return false;
    }
    tooLarge("header fields too large");
    return true;
  }

  private void bad(String why) {
    problem = why;
  }

  private void tooLarge(String why) {
    failure = Failure.HEADERS_TOO_LARGE;
    problem = why;
  }
}
