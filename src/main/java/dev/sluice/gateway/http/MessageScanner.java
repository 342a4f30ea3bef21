package dev.sluice.gateway.http;

import dev.sluice.gateway.failure.Failure;
import org.jspecify.annotations.Nullable;

/**
 * Follows the framing of HTTP/1 messages byte by byte, as strictly as RFC 9112 allows, and finds
 * what lenient parsers let pass: bare CR or LF, obs-fold, ambiguous lengths, bad chunks and the
 * like.
 *
 * <p>Incremental: any fragmentation of the same bytes gives the same result. Holds no message,
 * allocates nothing per message (a violation and a trailer excepted). One thread.
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
    START,
    EMPTY_LF,
    LINE,
    LINE_LF,
    FIELDS,
    DATA,
    UNTIL_CLOSE,
    SIZE,
    SIZE_LF,
    CHUNK_DATA,
    DATA_CR,
    DATA_LF,
    BAD
  }

  private static final int EMPTY_LINES = 3;

  private final boolean request;
  private final Limits limits;
  private final LengthScanner lengths = new LengthScanner();
  private final StartLineScanner line = new StartLineScanner();
  private final ChunkScanner chunks = new ChunkScanner();
  private final FieldScanner fields;

  private State state = State.START;
  private Stop stop = Stop.MORE;
  private @Nullable Failure failure;
  private String detail = "";

  private boolean headRequested;
  private boolean connectRequested;
  private int emptyLines;
  private long remaining;

  private MessageScanner(boolean request, Limits limits) {
    this.request = request;
    this.limits = limits;
    this.fields = new FieldScanner(limits, lengths);
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
    return line.status();
  }

  /** Whether the next byte would be the first of a message. */
  public boolean betweenMessages() {
    return state == State.START;
  }

  /** Whether a head has begun and is not complete; leading empty lines count. */
  public boolean inHead() {
    return switch (state) {
      case EMPTY_LF, LINE, LINE_LF -> true;
      case FIELDS -> !fields.trailers();
      default -> false;
    };
  }

  /** Whether the body ends with the connection. */
  public boolean untilClose() {
    return state == State.UNTIL_CLOSE;
  }

  /**
   * Bytes that may be passed without being looked at; {@link Long#MAX_VALUE} when the body ends
   * with the connection.
   */
  public long skippable() {
    return switch (state) {
      case DATA, CHUNK_DATA -> remaining;
      case UNTIL_CLOSE -> Long.MAX_VALUE;
      default -> 0;
    };
  }

  /**
   * Passes {@code bytes} of body, at most {@link #skippable()}; true when that ended the message.
   */
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

  /**
   * Looks at the bytes and returns the position after the last one used; {@link #stop()} tells why
   * it stopped.
   */
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
        case LINE -> at = line(in, at, to);
        case FIELDS -> at = fields(in, at, to);
        case START -> at = start(in, at);
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
      case EMPTY_LF -> state = lf(b, State.START);
      case LINE_LF -> state = lf(b, State.FIELDS);
      case SIZE -> size(b);
      case SIZE_LF -> endOfSize(b);
      case DATA_CR -> {
        if (b != '\r') {
          bad("chunk data longer than its size");
        } else {
          state = State.DATA_LF;
        }
      }
      case DATA_LF -> {
        chunks.nextLine();
        state = lf(b, State.SIZE);
      }
      default -> throw new IllegalStateException(state.name());
    }
  }

  private int start(byte[] in, int at) {
    if (in[at] == '\r' && request && emptyLines < EMPTY_LINES) {
      emptyLines++;
      state = State.EMPTY_LF;
      return at + 1;
    }
    lengths.begin();
    fields.beginHead();
    line.begin(request);
    state = State.LINE;
    return at;
  }

  private int line(byte[] in, int from, int to) {
    int at = line.accept(in, from, to);
    String problem = line.problem();
    if (problem != null) {
      bad(problem);
    } else if (line.length() > limits.line()) {
      bad(Failure.URI_TOO_LONG, "start line too long");
    } else if (line.complete()) {
      state = State.LINE_LF;
    }
    return at;
  }

  private int fields(byte[] in, int from, int to) {
    int at = fields.accept(in, from, to);
    String problem = fields.problem();
    if (problem != null) {
      bad(fields.failure(), problem);
    } else if (fields.complete() && fields.trailers()) {
      finish();
      stop = Stop.END;
    } else if (fields.complete()) {
      endOfHead();
    }
    return at;
  }

  private void endOfHead() {
    String problem = lengths.endOfHead(line.minorVersion());
    if (problem != null) {
      bad(problem);
      return;
    }
    if (!request) {
      int status = line.status();
      boolean interim = status < 200;
      if (lengths.chunked() && (interim || status == 204)) {
        bad("transfer-encoding in an answer without a body");
        return;
      }
      if (interim
          || status == 204
          || status == 304
          || headRequested
          || connectRequested && status < 300) {
        finish();
        stop = Stop.END;
        return;
      }
    }
    long length = lengths.length();
    if (lengths.chunked()) {
      chunks.begin();
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
    if (!chunks.accept(b)) {
      bad(chunks.problem());
    } else if (b == '\r') {
      remaining = chunks.size();
      state = State.SIZE_LF;
    }
  }

  private void endOfSize(byte b) {
    if (b != '\n') {
      bad("bare CR");
    } else if (remaining > 0) {
      state = State.CHUNK_DATA;
    } else {
      fields.beginTrailers();
      state = State.FIELDS;
    }
  }

  private void finish() {
    state = State.START;
    emptyLines = 0;
  }

  private State lf(byte b, State next) {
    if (b != '\n') {
      bad("bare CR");
      return State.BAD;
    }
    return next;
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
}
