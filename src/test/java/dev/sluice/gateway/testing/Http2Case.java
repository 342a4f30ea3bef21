package dev.sluice.gateway.testing;

import java.io.IOException;
import java.util.List;

/**
 * One rule that a strict HTTP/2 server keeps.
 *
 * @param section where it stands, in RFC 9113 unless another is named
 * @param greeted whether both sides' SETTINGS were exchanged before
 * @param stream whose outcome counts
 * @param allowed outcomes as {@link RawHttp2#outcome} names them
 */
public record Http2Case(
    String section,
    String meaning,
    boolean greeted,
    int stream,
    Script script,
    List<String> allowed) {
  /** Sends the frames of a case; {@code path} must not be asked for at the upstream. */
  @FunctionalInterface
  public interface Script {
    void send(RawHttp2 h2, String path) throws IOException;
  }

  /** A path whose answer never comes: a stream that asks for it stays half closed. */
  public static final String HELD = "/held";

  /** A path that is answered at once. */
  public static final String FINE = "/fine";

  static final String PROTOCOL = "GOAWAY PROTOCOL_ERROR";
  static final String SIZE = "GOAWAY FRAME_SIZE_ERROR";
  static final String CLOSED = "GOAWAY STREAM_CLOSED";

  static Http2Case of(String section, String meaning, Script script, String... allowed) {
    return new Http2Case(section, meaning, true, 1, script, List.of(allowed));
  }

  @Override
  public String toString() {
    return section + " " + meaning;
  }
}
