package dev.sluice.gateway.takeover;

import org.jspecify.annotations.Nullable;

/**
 * What two processes say to each other, a line each, new one first: hello, facts (JSON) or a
 * refusal, send, the descriptors, ready, handed. The first line and the refusal never change, so
 * that every version understands them of every other.
 */
final class Protocol {
  static final int VERSION = 1;
  static final String REFUSED = "refused ";
  static final String SEND = "send";
  static final String READY = "ready";
  static final String HANDED = "handed";
  private static final String HELLO = "sluice takeover ";

  private Protocol() {}

  static String hello(String version) {
    return HELLO + VERSION + " " + version;
  }

  /** Why somebody who says this cannot take over; null when it can. */
  static @Nullable String refusal(String hello, String ownVersion) {
    if (!hello.startsWith(HELLO)) {
      return "that is not a gateway";
    }
    String[] words = hello.substring(HELLO.length()).split(" ", 2);
    return words[0].equals(Integer.toString(VERSION))
        ? null
        : "the running gateway, version "
            + ownVersion
            + ", speaks version "
            + VERSION
            + " of the takeover protocol, this one version "
            + words[0]
            + ": stop the running one and start anew";
  }
}
