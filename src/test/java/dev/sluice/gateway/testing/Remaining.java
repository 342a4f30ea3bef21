package dev.sluice.gateway.testing;

/** What a gateway says that is left of a quota. */
public final class Remaining {
  private Remaining() {}

  /** Takes one of a route's only quota, and says what is left then; 0 when it is refused. */
  public static long of(int port, String path) {
    try (Http http = Http.to(port)) {
      String told = http.get(path).whole().headers().firstValue("ratelimit").orElse("");
      return Long.parseLong(told.replaceAll(".*r=([0-9]+).*", "$1"));
    }
  }
}
