package dev.sluice.gateway.testing;

import static dev.sluice.gateway.testing.Http2Case.FINE;
import static dev.sluice.gateway.testing.RawHttp2.HEADERS;
import static dev.sluice.gateway.testing.RawHttp2.WHOLE;
import static dev.sluice.gateway.testing.RawHttp2.block;
import static dev.sluice.gateway.testing.RawHttp2.get;

import dev.sluice.gateway.testing.Http2Case.Script;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** What a strict HTTP/2 server does with header blocks (RFC 7541). */
public final class HpackCases {
  private static final String COMPRESSION = "GOAWAY COMPRESSION_ERROR";

  private final List<Http2Case> rows = new ArrayList<>();

  private HpackCases() {}

  /** All of them. */
  public static List<Http2Case> all() {
    HpackCases cases = new HpackCases();
    cases.compression();
    cases.bomb();
    return cases.rows;
  }

  private void add(String section, String meaning, Script script, String... allowed) {
    rows.add(Http2Case.of(section, meaning, script, allowed));
  }

  private void tail(String section, String meaning, byte[] tail, String... allowed) {
    add(
        section,
        meaning,
        (h2, path) -> h2.frame(HEADERS, WHOLE, 1, block(get(path)), tail),
        allowed);
  }

  private static byte[] octets(int... octets) {
    byte[] bytes = new byte[octets.length];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) octets[i];
    }
    return bytes;
  }

  private void compression() {
    tail("RFC 7541 §2.3.3", "index out of range", octets(0xff, 0x20), COMPRESSION);
    tail("RFC 7541 §2.3.3", "a name's index out of range", octets(0x7f, 0x20, 1, 'a'), COMPRESSION);
    tail("RFC 7541 §6.1", "index 0", octets(0x80), COMPRESSION);
    tail("RFC 7541 §4.2", "a table's size after a field", octets(0x20), COMPRESSION);
    add(
        "RFC 7541 §6.3",
        "a table larger than the setting",
        (h2, path) -> h2.frame(HEADERS, WHOLE, 1, octets(0x3f, 0xff, 0xff, 0x03), block(get(path))),
        COMPRESSION);
    add(
        "RFC 7541 §6.3",
        "tables within the setting",
        (h2, path) -> h2.frame(HEADERS, WHOLE, 1, octets(0x20, 0x3f, 0xe1, 0x1f), block(get(FINE))),
        "ANSWER 200");
    tail(
        "RFC 7541 §5.2",
        "eight bits of padding",
        octets(0, 1, 'x', 0x84, 0x49, 0x50, 0x9f, 0xff),
        COMPRESSION);
    tail(
        "RFC 7541 §5.2",
        "padding of zeros",
        octets(0, 1, 'x', 0x83, 0x49, 0x50, 0x90),
        COMPRESSION);
    tail(
        "RFC 7541 §5.2",
        "EOS within a string",
        octets(0, 1, 'x', 0x87, 0xff, 0xff, 0xff, 0xfd, 0x25, 0x42, 0x7f),
        COMPRESSION);
    tail(
        "RFC 7541 §5.2", "EOS alone", octets(0, 1, 'x', 0x84, 0xff, 0xff, 0xff, 0xff), COMPRESSION);
    tail(
        "RFC 7541 §5.1",
        "a number without end",
        octets(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f),
        COMPRESSION);
    tail("RFC 7541 §5.1", "a number that is cut off", octets(0xff, 0xff), COMPRESSION);
    tail(
        "RFC 7541 §5.1",
        "a number above 2^31",
        octets(0xff, 0xff, 0xff, 0xff, 0xff, 0x0f),
        COMPRESSION);
    tail(
        "RFC 7541 §5.2",
        "a string longer than the block",
        octets(0, 1, 'x', 100, 'a'),
        COMPRESSION);
    tail(
        "RFC 7541 §5.2",
        "a string of 2^31 bytes",
        octets(0, 1, 'x', 0x7f, 0x80, 0xff, 0xff, 0xff, 0x07),
        COMPRESSION);
    tail("RFC 7541 §5.2", "a name without a value", octets(0, 1, 'x'), COMPRESSION);
    add(
        "RFC 7541 §2.3.2",
        "a field of the table",
        (h2, path) -> {
          h2.frame(HEADERS, WHOLE, 1, block(get(FINE)), octets(0x40, 3, 'x', '-', 'a', 1, 'b'))
              .answer(1);
          h2.frame(HEADERS, WHOLE, 3, block(get(path)), octets(0xbf));
        },
        "GOAWAY COMPRESSION_ERROR");
  }

  private void bomb() {
    add(
        "RFC 7541 §7.3",
        "a small block that becomes large fields",
        (h2, path) -> {
          ByteArrayOutputStream bomb = new ByteArrayOutputStream();
          bomb.writeBytes(block(get(path)));
          bomb.writeBytes(octets(0x40, 1, 'x', 0x7f, 0xa1, 0x1e));
          bomb.writeBytes("a".repeat(4000).getBytes(StandardCharsets.US_ASCII));
          for (int i = 0; i < 10_000; i++) {
            bomb.write(0xbe);
          }
          h2.frame(HEADERS, WHOLE, 1, bomb.toByteArray());
        },
        "ANSWER 431",
        "GOAWAY ENHANCE_YOUR_CALM",
        "GOAWAY PROTOCOL_ERROR");
  }
}
