package dev.sluice.gateway.http;

import dev.sluice.gateway.failure.Failure;
import io.vertx.core.buffer.Buffer;
import org.jspecify.annotations.Nullable;

/** Bodies of the gateway's own answers: problem+json (RFC 9457), or a small page for browsers. */
public final class ProblemBody {
  /** The content type of {@link #json}. */
  public static final String JSON = "application/problem+json";

  /** The content type of {@link #html}. */
  public static final String HTML = "text/html; charset=utf-8";

  private ProblemBody() {}

  /** Whether a client that sends this {@code Accept} is rather a browser than a program. */
  public static boolean prefersHtml(@Nullable String accept) {
    if (accept == null) {
      return false;
    }
    double html = quality(accept, "text/html");
    return html > 0 && html >= Math.max(json(accept), quality(accept, JSON));
  }

  /** The weight of JSON: the most specific range counts (RFC 9110 §12.5.1). */
  private static double json(String accept) {
    double exact = quality(accept, "application/json");
    double any = exact >= 0 ? exact : quality(accept, "application/*");
    return any >= 0 ? any : quality(accept, "*/*");
  }

  /** The weight that {@code Accept} names for exactly this range; -1 when it does not name it. */
  private static double quality(String accept, String type) {
    int start = 0;
    while (start < accept.length()) {
      int comma = accept.indexOf(',', start);
      int end = comma < 0 ? accept.length() : comma;
      String item = accept.substring(start, end).strip();
      if (item.regionMatches(true, 0, type, 0, type.length())
          && (item.length() == type.length() || ";, ".indexOf(item.charAt(type.length())) >= 0)) {
        return weight(item);
      }
      start = end + 1;
    }
    return -1;
  }

  /** RFC 9110 §12.4.2: {@code ;q=} and a number from 0 to 1; 0 when it is malformed. */
  private static double weight(String item) {
    for (int at = item.indexOf(';'); at >= 0; at = item.indexOf(';', at + 1)) {
      String parameter = item.substring(at + 1).strip();
      if (parameter.regionMatches(true, 0, "q=", 0, 2)) {
        int end = parameter.indexOf(';');
        String number = parameter.substring(2, end < 0 ? parameter.length() : end).strip();
        return number.matches("[01](\\.[0-9]{0,3})?") ? Math.min(1, Double.parseDouble(number)) : 0;
      }
    }
    return 1;
  }

  /**
   * RFC 9457, with the reason and the request's id as extension members.
   *
   * @param members further ones, as JSON without the braces; null for none
   */
  public static Buffer json(
      Failure failure,
      int status,
      @Nullable String detail,
      String requestId,
      @Nullable String members) {
    StringBuilder out = new StringBuilder(200);
    out.append("{\"type\":\"about:blank\",\"title\":\"")
        .append(title(status))
        .append("\",\"status\":")
        .append(status);
    out.append(",\"reason\":\"").append(failure.reason()).append('"');
    if (detail != null) {
      out.append(",\"detail\":");
      quote(out, detail);
    }
    if (!requestId.isEmpty()) {
      out.append(",\"requestId\":");
      quote(out, requestId);
    }
    if (members != null) {
      out.append(',').append(members);
    }
    return Buffer.buffer(out.append('}').toString());
  }

  /** The same for people. */
  public static Buffer html(
      Failure failure, int status, @Nullable String detail, String requestId) {
    String title = status + " " + title(status);
    StringBuilder out = new StringBuilder(400);
    out.append("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>")
        .append(title);
    out.append("</title></head>\n<body><h1>").append(title).append("</h1>\n<p>");
    escape(out, detail == null ? failure.reason() : detail);
    out.append("</p>\n<p><small>").append(failure.reason()).append(' ');
    escape(out, requestId);
    return Buffer.buffer(out.append("</small></p></body></html>\n").toString());
  }

  /** RFC 9457 §4.2.1: with {@code about:blank}, the words of the status (RFC 9110 §15). */
  private static String title(int status) {
    return switch (status) {
      case 400 -> "Bad Request";
      case 401 -> "Unauthorized";
      case 403 -> "Forbidden";
      case 404 -> "Not Found";
      case 405 -> "Method Not Allowed";
      case 408 -> "Request Timeout";
      case 409 -> "Conflict";
      case 413 -> "Content Too Large";
      case 414 -> "URI Too Long";
      case 417 -> "Expectation Failed";
      case 429 -> "Too Many Requests";
      case 431 -> "Request Header Fields Too Large";
      case 499 -> "Client Closed Request";
      case 500 -> "Internal Server Error";
      case 501 -> "Not Implemented";
      case 502 -> "Bad Gateway";
      case 503 -> "Service Unavailable";
      case 504 -> "Gateway Timeout";
      default -> throw new IllegalStateException("no words for " + status);
    };
  }

  private static void quote(StringBuilder out, String text) {
    out.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"' || c == '\\') {
        out.append('\\').append(c);
      } else if (c < ' ') {
        out.append("\\u00")
            .append(Character.forDigit(c >> 4, 16))
            .append(Character.forDigit(c & 0xf, 16));
      } else {
        out.append(c);
      }
    }
    out.append('"');
  }

  private static void escape(StringBuilder out, String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '<' -> out.append("&lt;");
        case '>' -> out.append("&gt;");
        case '&' -> out.append("&amp;");
        case '"' -> out.append("&quot;");
        default -> out.append(c);
      }
    }
  }
}
