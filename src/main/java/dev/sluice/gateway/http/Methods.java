package dev.sluice.gateway.http;

/** Properties of request methods (RFC 9110 §9.2). */
public final class Methods {
  private Methods() {}

  /**
   * Whether the method may be sent again without another effect (RFC 9110 §9.2.2; QUERY and REPORT
   * are safe).
   */
  public static boolean idempotent(String method) {
    return switch (method) {
      case "GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PROPFIND", "REPORT", "QUERY" -> true;
      default -> false;
    };
  }
}
