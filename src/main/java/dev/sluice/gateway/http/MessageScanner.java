package dev.sluice.gateway.http;

import dev.sluice.gateway.failure.Failure;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Follows the framing of HTTP/1 messages byte by byte, as strictly as RFC 9112 allows, and finds what lenient parsers
 * let pass: bare CR or LF, obs-fold, ambiguous lengths, bad chunks and the like.
 *
 * <p>Incremental: any fragmentation of the same bytes gives the same result. Holds no message, allocates nothing per
 * message (a violation and a trailer excepted). One thread.
 */
public final class MessageScanner {
  /** Why {@link #scan} came back. */
  public enum Stop {
    /** All bytes are used up, in a head, a chunk line or a trailer. */
    MORE,
    /** A head is complete and a body follows. */
    HEAD,
    /** Body bytes follow; use {@link #skip}. */
    DATA,
    /** A message is complete. */
    END,
    /** The message is refused; nothing more is read. */
    BAD
  }

  /**
   * Bounds of a head.
   *
   * @param line bytes of the start line
   * @param bytes bytes of all header fields, line ends included; trailers count too
   * @param count number of header fields; trailers count too
   */
  public record Limits(int line, int bytes, int count) {
    /** 8 KiB, 32 KiB, 100 fields. */
    public static final Limits DEFAULT = new Limits(8 << 10, 32 << 10, 100);
  }

  private enum State {
    START, EMPTY_LF, METHOD, TARGET, REQUEST_VERSION, STATUS_VERSION, STATUS, AFTER_STATUS, REASON, LINE_CR, LINE_LF,
    FIELD, NAME, VALUE, VALUE_LF, HEAD_LF, DATA, UNTIL_CLOSE,
    SIZE, EXT, SIZE_LF, CHUNK_DATA, DATA_CR, DATA_LF, TRAILERS_LF, BAD
  }

  private enum Special { NONE, LENGTH, ENCODING }

  private static final int TOKEN = 1;
  private static final int TARGET = 2;
  private static final int VALUE = 4;
  private static final int EMPTY_LINES = 3;
  private static final int EXTENSION_BYTES = 4096;
  private static final byte[] CLASSES = classes();
  private static final byte[] VERSION = "HTTP/1.".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] LENGTH_NAME = "content-length".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] ENCODING_NAME = "transfer-encoding".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] CHUNKED = "chunked".getBytes(StandardCharsets.US_ASCII);

  /** RFC 9110 §6.5.1: fields of framing, routing, authentication, or of how to read the content. */
  private static final Set<String> NOT_IN_TRAILERS =
      Set.of(
          "content-length", "transfer-encoding", "host", "connection", "trailer", "te", "upgrade", "keep-alive",
          "authorization", "proxy-authorization", "cookie", "set-cookie", "content-encoding", "content-type",
          "content-range", "expect", "max-forwards", "cache-control", "range", "proxy-connection");

  private final boolean request;
  private final Limits limits;
  private final byte[] name = new byte[32];
  private final byte[] value = new byte[40];

  private State state = State.START;
  private Stop stop = Stop.MORE;
  private @Nullable Failure failure;
  private String detail = "";

  private boolean headRequested;
  private boolean connectRequested;
  private int emptyLines;
  private int lineBytes;
  private int fieldBytes;
  private int fields;
  private int index;
  private int minor;
  private int status;
  private Special special = Special.NONE;
  private boolean trailers;
  private boolean lengthSeen;
  private boolean encodingSeen;
  private boolean chunked;
  private long length;
  private long remaining;
  private int digits;
  private int extensionBytes;
  private int extension;

  private MessageScanner(boolean request, Limits limits) {
    this.request = request;
    this.limits = limits;
  }

  /** A scanner of what a client sends. */
  public static MessageScanner ofRequests(Limits limits) {
    return new MessageScanner(true, limits);
  }

  /** A scanner of what a server answers; {@link #expect} tells it the request's method. */
  public static MessageScanner ofResponses(Limits limits) {
    return new MessageScanner(false, limits);
  }

  /** The method that the next final answer belongs to: HEAD has no body, CONNECT a tunnel. */
  public void expect(String method) {
    headRequested = method.equals("HEAD");
    connectRequested = method.equals("CONNECT");
  }

  /** Why the last {@link #scan} came back. */
  public Stop stop() {
    return stop;
  }

  /** The reason of a {@link Stop#BAD}, null while all is well. */
  public @Nullable Failure failure() {
    return failure;
  }

  /** What was wrong, in a few words and without any of the bytes. */
  public String detail() {
    return detail;
  }

  /** The status of the answer whose head was read last. */
  public int status() {
    return status;
  }

  /** Whether the next byte would be the first of a message. */
  public boolean betweenMessages() {
    return state == State.START;
  }

  /** Whether a head has begun and is not complete; leading empty lines count. */
  public boolean inHead() {
    return state.compareTo(State.HEAD_LF) <= 0 && !trailers && state != State.START;
  }

  /** Whether the body ends with the connection. */
  public boolean untilClose() {
    return state == State.UNTIL_CLOSE;
  }

  /** Bytes that may be passed without being looked at; {@link Long#MAX_VALUE} when the body ends with the connection. */
  public long skippable() {
    return switch (state) {
      case DATA, CHUNK_DATA -> remaining;
      case UNTIL_CLOSE -> Long.MAX_VALUE;
      default -> 0;
    };
  }

  /** Passes {@code bytes} of body, at most {@link #skippable()}; true when that ended the message. */
  public boolean skip(long bytes) {
    if (state == State.UNTIL_CLOSE) {
      return false;
    }
    remaining -= bytes;
    if (remaining > 0) {
      return false;
    }
    if (state == State.CHUNK_DATA) {
      state = State.DATA_CR;
      return false;
    }
    finish();
    return true;
  }

  /** Looks at the bytes and returns the position after the last one used; {@link #stop()} tells why it stopped. */
  public int scan(byte[] in, int from, int to) {
    int at = from;
    stop = Stop.MORE;
    while (at < to) {
      switch (state) {
        case DATA, CHUNK_DATA, UNTIL_CLOSE -> {
          stop = Stop.DATA;
          return at;
        }
        case BAD -> {
          stop = Stop.BAD;
          return at;
        }
        case METHOD -> at = method(in, at, to);
        case TARGET -> at = target(in, at, to);
        case NAME -> at = name(in, at, to);
        case VALUE -> at = value(in, at, to);
        default -> step(in[at++]);
      }
      if (stop != Stop.MORE) {
        return at;
      }
    }
    return at;
  }

  private void step(byte b) {
    switch (state) {
      case START -> start(b);
      case EMPTY_LF -> state = lf(b, State.START);
      case REQUEST_VERSION, STATUS_VERSION -> version(b);
      case STATUS -> status(b);
      case AFTER_STATUS -> afterStatus(b);
      case REASON -> reason(b);
      case LINE_CR -> {
        if (b != '\r') {
          bad("bad end of the start line");
        } else {
          state = State.LINE_LF;
        }
      }
      case LINE_LF -> state = lf(b, State.FIELD);
      case FIELD -> field(b);
      case VALUE_LF -> endOfField(b);
      case HEAD_LF -> endOfHead(b);
      case SIZE -> size(b);
      case EXT -> extension(b);
      case SIZE_LF -> endOfSize(b);
      case DATA_CR -> {
        if (b != '\r') {
          bad("chunk data longer than its size");
        } else {
          state = State.DATA_LF;
        }
      }
      case DATA_LF -> {
        digits = 0;
        remaining = 0;
        state = lf(b, State.SIZE);
      }
      case TRAILERS_LF -> {
        if (b != '\n') {
          bad("bare CR");
        } else {
          finish();
          stop = Stop.END;
        }
      }
      default -> throw new IllegalStateException(state.name());
    }
  }

  private void start(byte b) {
    if (b == '\r' && request && emptyLines < EMPTY_LINES) {
      emptyLines++;
      state = State.EMPTY_LF;
      return;
    }
    lineBytes = 1;
    fieldBytes = 0;
    fields = 0;
    index = 0;
    status = 0;
    trailers = false;
    lengthSeen = false;
    encodingSeen = false;
    chunked = false;
    length = -1;
    extensionBytes = 0;
    if (request) {
      state = State.METHOD;
      if (!is(b, TOKEN)) {
        bad("bad method");
      }
    } else {
      state = State.STATUS_VERSION;
      version(b);
    }
  }

  private int method(byte[] in, int from, int to) {
    int at = from;
    while (at < to && is(in[at], TOKEN)) {
      at++;
    }
    lineBytes += at - from;
    if (lineTooLong() || at == to) {
      return at;
    }
    if (in[at] != ' ') {
      bad("bad method");
      return at;
    }
    index = 0;
    state = State.TARGET;
    lineBytes++;
    return at + 1;
  }

  private int target(byte[] in, int from, int to) {
    int at = from;
    while (at < to && is(in[at], TARGET)) {
      at++;
    }
    index |= at - from;
    lineBytes += at - from;
    if (lineTooLong() || at == to) {
      return at;
    }
    if (in[at] != ' ' || index == 0) {
      bad(in[at] == '\r' || in[at] == '\n' ? "no HTTP version" : "bad request target");
      return at;
    }
    index = 0;
    state = State.REQUEST_VERSION;
    return at + 1;
  }

  private void version(byte b) {
    if (index < VERSION.length) {
      if (b != VERSION[index++]) {
        bad("bad HTTP version");
      }
      return;
    }
    if (b != '0' && b != '1') {
      bad("bad HTTP version");
      return;
    }
    if (index == VERSION.length) {
      minor = b - '0';
      index = 0;
      state = request ? State.LINE_CR : State.STATUS;
    }
  }

  private void status(byte b) {
    if (index == 0 ? b != ' ' : b < '0' || b > '9') {
      bad("bad status line");
      return;
    }
    if (index > 0) {
      status = status * 10 + b - '0';
    }
    if (++index == 4) {
      if (status < 100 || status > 599) {
        bad("status out of range");
      } else {
        state = State.AFTER_STATUS;
      }
    }
  }

  private void afterStatus(byte b) {
    lineBytes = 13;
    if (b == ' ') {
      state = State.REASON;
    } else if (b == '\r') {
      state = State.LINE_LF;
    } else {
      bad("bad status line");
    }
  }

  private void reason(byte b) {
    lineBytes++;
    if (b == '\r') {
      state = State.LINE_LF;
    } else if (!is(b, VALUE)) {
      bad("bad reason phrase");
    } else {
      lineTooLong();
    }
  }

  private void field(byte b) {
    fieldBytes++;
    if (b == '\r') {
      state = trailers ? State.TRAILERS_LF : State.HEAD_LF;
      return;
    }
    if (!is(b, TOKEN)) {
      bad(b == ' ' || b == '\t' ? "folded header line" : "bad header name");
      return;
    }
    if (++fields > limits.count()) {
      bad(Failure.HEADERS_TOO_LARGE, "too many header fields");
      return;
    }
    index = 1;
    name[0] = lower(b);
    state = State.NAME;
  }

  private int name(byte[] in, int from, int to) {
    int at = from;
    int length = index;
    while (at < to && is(in[at], TOKEN)) {
      if (length < name.length) {
        name[length] = lower(in[at]);
      }
      length++;
      at++;
    }
    index = length;
    fieldBytes += at - from;
    if (fieldsTooLarge() || at == to) {
      return at;
    }
    if (in[at] != ':') {
      bad(in[at] == ' ' || in[at] == '\t' ? "space before the colon" : "bad header name");
      return at;
    }
    fieldBytes++;
    special = Special.NONE;
    if (trailers) {
      String text = new String(name, 0, Math.min(length, name.length), StandardCharsets.US_ASCII);
      if (length <= name.length && NOT_IN_TRAILERS.contains(text.toLowerCase(Locale.ROOT))) {
        bad("field not allowed in a trailer");
        return at;
      }
    } else if (same(name, length, LENGTH_NAME)) {
      special = Special.LENGTH;
    } else if (same(name, length, ENCODING_NAME)) {
      special = Special.ENCODING;
    }
    index = 0;
    state = State.VALUE;
    return at + 1;
  }

  private int value(byte[] in, int from, int to) {
    int at = from;
    while (at < to && is(in[at], VALUE)) {
      if (special != Special.NONE && !collect(in[at])) {
        return at;
      }
      at++;
    }
    fieldBytes += at - from;
    if (fieldsTooLarge() || at == to) {
      return at;
    }
    if (in[at] != '\r') {
      bad(in[at] == '\n' ? "bare LF" : "control character in a header value");
      return at;
    }
    fieldBytes++;
    state = State.VALUE_LF;
    return at + 1;
  }

  private boolean collect(byte b) {
    boolean blank = b == ' ' || b == '\t';
    if (blank && index == 0) {
      return true;
    }
    if (index == value.length) {
      bad("bad message length");
      return false;
    }
    value[index++] = lower(b);
    return true;
  }

  private void endOfField(byte b) {
    fieldBytes++;
    if (b != '\n') {
      bad("bare CR");
      return;
    }
    state = State.FIELD;
    if (special == Special.NONE) {
      return;
    }
    int end = index;
    while (end > 0 && (value[end - 1] == ' ' || value[end - 1] == '\t')) {
      end--;
    }
    if (special == Special.ENCODING) {
      chunked = same(value, end, CHUNKED);
      if (encodingSeen || !chunked) {
        bad("transfer-encoding other than chunked");
      }
      encodingSeen = true;
      return;
    }
    long number = 0;
    for (int i = 0; i < end; i++) {
      if (value[i] < '0' || value[i] > '9') {
        bad("content-length is no number");
        return;
      }
      number = number * 10 + value[i] - '0';
    }
    if (lengthSeen || end == 0 || end > 18) {
      bad(lengthSeen ? "more than one content-length" : "content-length is no number");
      return;
    }
    lengthSeen = true;
    length = number;
  }

  private void endOfHead(byte b) {
    if (b != '\n') {
      bad("bare CR");
      return;
    }
    if (encodingSeen && lengthSeen) {
      bad("content-length beside transfer-encoding");
      return;
    }
    if (encodingSeen && minor == 0) {
      bad("transfer-encoding in HTTP/1.0");
      return;
    }
    if (!request) {
      boolean interim = status < 200;
      if (encodingSeen && (interim || status == 204)) {
        bad("transfer-encoding in an answer without a body");
        return;
      }
      if (interim || status == 204 || status == 304 || headRequested || connectRequested && status < 300) {
        finish();
        stop = Stop.END;
        return;
      }
    }
    if (chunked) {
      digits = 0;
      remaining = 0;
      state = State.SIZE;
      stop = Stop.HEAD;
    } else if (length > 0) {
      remaining = length;
      state = State.DATA;
      stop = Stop.HEAD;
    } else if (request || length == 0) {
      finish();
      stop = Stop.END;
    } else {
      state = State.UNTIL_CLOSE;
      stop = Stop.HEAD;
    }
  }

  private void size(byte b) {
    int digit = Character.digit(b, 16);
    if (b >= 0 && digit >= 0) {
      remaining = remaining << 4 | digit;
      if (++digits > 16 || remaining > Integer.MAX_VALUE) {
        bad("chunk size too large");
      }
    } else if (digits == 0) {
      bad("bad chunk size");
    } else if (b == '\r') {
      state = State.SIZE_LF;
    } else if (b == ';') {
      extension = 0;
      state = State.EXT;
    } else {
      bad("bad chunk size");
    }
  }

  /** States: 0 name begins, 1 in name, 2 value begins, 3 in token value, 4 quoted, 5 escaped, 6 after the quotes. */
  private void extension(byte b) {
    if (++extensionBytes > EXTENSION_BYTES) {
      bad("chunk extensions too long");
      return;
    }
    if (extension == 4 || extension == 5) {
      if (!is(b, VALUE)) {
        bad("bad chunk extension");
      } else if (extension == 5) {
        extension = 4;
      } else {
        extension = b == '\\' ? 5 : b == '"' ? 6 : 4;
      }
    } else if (is(b, TOKEN) && extension != 6) {
      extension |= 1;
    } else if (b == '"' && extension == 2) {
      extension = 4;
    } else if (b == '=' && extension == 1) {
      extension = 2;
    } else if (b == ';' && extension != 0 && extension != 2) {
      extension = 0;
    } else if (b == '\r' && extension != 0 && extension != 2) {
      state = State.SIZE_LF;
    } else {
      bad("bad chunk extension");
    }
  }

  private void endOfSize(byte b) {
    if (b != '\n') {
      bad("bare CR");
    } else if (remaining > 0) {
      state = State.CHUNK_DATA;
    } else {
      trailers = true;
      state = State.FIELD;
    }
  }

  private void finish() {
    state = State.START;
    trailers = false;
    emptyLines = 0;
  }

  private State lf(byte b, State next) {
    if (b != '\n') {
      bad("bare CR");
      return State.BAD;
    }
    return next;
  }

  private boolean lineTooLong() {
    if (lineBytes <= limits.line()) {
      return false;
    }
    bad(Failure.URI_TOO_LONG, "start line too long");
    return true;
  }

  private boolean fieldsTooLarge() {
    if (fieldBytes <= limits.bytes()) {
      return false;
    }
    bad(Failure.HEADERS_TOO_LARGE, "header fields too large");
    return true;
  }

  private void bad(String why) {
    bad(Failure.BAD_REQUEST, why);
  }

  private void bad(Failure cause, String why) {
    failure = request ? cause : Failure.UPSTREAM_PROTOCOL_ERROR;
    detail = why;
    state = State.BAD;
    stop = Stop.BAD;
  }

  private static boolean same(byte[] bytes, int length, byte[] other) {
    if (length != other.length) {
      return false;
    }
    for (int i = 0; i < length; i++) {
      if (bytes[i] != other[i]) {
        return false;
      }
    }
    return true;
  }

  private static byte lower(byte b) {
    return b >= 'A' && b <= 'Z' ? (byte) (b + 32) : b;
  }

  private static boolean is(byte b, int kind) {
    return (CLASSES[b & 0xff] & kind) != 0;
  }

  private static byte[] classes() {
    byte[] classes = new byte[256];
    for (int i = 0; i < 256; i++) {
      boolean letter = i >= 'a' && i <= 'z' || i >= 'A' && i <= 'Z' || i >= '0' && i <= '9';
      int kinds = letter || i < 128 && "!#$%&'*+-.^_`|~".indexOf(i) >= 0 ? TOKEN : 0;
      kinds |= i > ' ' && i < 127 && i != '#' ? TARGET : 0;
      kinds |= i == '\t' || i >= ' ' && i != 127 ? VALUE : 0;
      classes[i] = (byte) kinds;
    }
    return classes;
  }
}
