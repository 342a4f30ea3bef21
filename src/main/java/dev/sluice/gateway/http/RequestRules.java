package dev.sluice.gateway.http;

import dev.sluice.gateway.failure.Failure;
import dev.sluice.gateway.http.Admission.Refused;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Refuses every request that two servers could read differently: framing (RFC 9112 §6), Host (RFC
 * 9112 §3.2), target (RFC 9112 §3.2, RFC 3986 §3.3), and what HTTP/2 forbids (RFC 9113 §8.2.2,
 * §8.3.1). The characters of HTTP/1 fields were looked at byte by byte by the guard ahead of the
 * decoder and are not looked at again. Stateless; any thread.
 */
public final class RequestRules {
  private static final CharSequence PROXY_CONNECTION =
      HttpHeaders.createOptimized("proxy-connection");
  private static final CharSequence TE = HttpHeaders.createOptimized("te");
  private static final CharSequence EXPECT = HttpHeaders.EXPECT;

  /** Where the authority of {@code http://} begins. */
  private static final int HTTP = 7;

  private static final int HTTPS = 8;
  private static final int VERSION_LENGTH = " HTTP/1.1 ".length();

  private RequestRules() {}

  /**
   * Looks at a request's head.
   *
   * @param http2 whether it came over HTTP/2
   * @param http10 whether it says HTTP/1.0
   * @param target the request target as it came
   * @param pseudoAuthority the {@code :authority} of an HTTP/2 request; null for HTTP/1 and when it
   *     is missing
   */
  public static Admission check(
      boolean http2,
      boolean http10,
      String method,
      String target,
      @Nullable String pseudoAuthority,
      MultiMap headers) {
    if (method.equals("CONNECT")) {
      return new Refused(Failure.NOT_IMPLEMENTED, "CONNECT is not taken");
    }
    if (method.equals("TRACE")) {
      return new Refused(Failure.METHOD_NOT_ALLOWED, "TRACE is not taken");
    }
    String refusal = http2 ? http2Fields(headers) : framing(http10, headers);
    if (refusal != null) {
      return bad(refusal);
    }
    if (headers.contains(EXPECT)) {
      if (http10) {
        headers.remove(EXPECT); // RFC 9110 §10.1.1: such a client does not know of it
      } else if (!expects(headers.getAll(EXPECT))) {
        return new Refused(Failure.EXPECTATION_FAILED, "only 100-continue can be expected");
      }
    }
    List<String> hosts = headers.getAll(HttpHeaders.HOST);
    if (hosts.size() > 1) {
      return bad("more than one Host");
    }
    String host = hosts.isEmpty() ? null : hosts.getFirst();
    if (http2) {
      if (pseudoAuthority != null && host != null && !pseudoAuthority.equalsIgnoreCase(host)) {
        return bad("Host differs from :authority");
      }
      host = pseudoAuthority != null ? pseudoAuthority : host;
    } else if (host == null && !http10) {
      return bad("Host is missing");
    }
    if (target.isEmpty()) {
      return bad("the target is empty");
    }
    if (target.equals("*")) {
      return method.equals("OPTIONS")
          ? new Refused(Failure.NOT_IMPLEMENTED, "OPTIONS * is not answered")
          : bad("the target * belongs to OPTIONS only");
    }
    String path = target;
    if (target.charAt(0) != '/') {
      int authorityStart = absolute(target);
      if (authorityStart < 0 || http2) {
        return bad("the target is neither a path nor a URL");
      }
      int end = authorityEnd(target, authorityStart);
      String authority = target.substring(authorityStart, end);
      String port = authorityStart == HTTP ? ":80" : ":443";
      if (host != null && !Authority.same(host, authority, port)) {
        return bad("Host differs from the target's authority");
      }
      host = authority;
      path =
          end == target.length() || target.charAt(end) != '/'
              ? "/" + target.substring(end)
              : target.substring(end);
    }
    if (host == null) {
      host = "";
    }
    if (!(http10 && host.isEmpty()) && !Authority.valid(host)) {
      return bad("Host is malformed");
    }
    return PathRules.admit(path, Authority.host(host), host);
  }

  /**
   * Bounds of an HTTP/2 request; null when it keeps them. Those of HTTP/1 are the guard's.
   *
   * @param target null for CONNECT
   * @param maxLine of method and path, as long as they would be in HTTP/1
   * @param maxFields without pseudo-headers
   */
  public static @Nullable Refused tooLarge(
      String method, @Nullable String target, MultiMap headers, int maxLine, int maxFields) {
    if (target != null && method.length() + target.length() + VERSION_LENGTH > maxLine) {
      return new Refused(Failure.URI_TOO_LONG, "the target is too long");
    }
    int fields = 0;
    for (Iterator<Map.Entry<String, String>> all = headers.iterator(); all.hasNext(); all.next()) {
      fields++;
    }
    return fields > maxFields
        ? new Refused(Failure.HEADERS_TOO_LARGE, "too many header fields")
        : null;
  }

  private static boolean expects(List<String> values) {
    for (String value : values) {
      if (!"100-continue".equalsIgnoreCase(value)) {
        return false;
      }
    }
    return true;
  }

  private static Refused bad(String detail) {
    return new Refused(Failure.BAD_REQUEST, detail);
  }

  /** Where the authority of {@code http://} or {@code https://} begins; -1 for what is neither. */
  private static int absolute(String target) {
    if (target.regionMatches(true, 0, "http://", 0, HTTP)) {
      return HTTP;
    }
    return target.regionMatches(true, 0, "https://", 0, HTTPS) ? HTTPS : -1;
  }

  private static int authorityEnd(String target, int start) {
    for (int i = start; i < target.length(); i++) {
      char c = target.charAt(i);
      if (c == '/' || c == '?' || c == '#') {
        return i;
      }
    }
    return target.length();
  }

  /** RFC 9112 §6.1–6.3; null when there is nothing to say against it. */
  private static @Nullable String framing(boolean http10, MultiMap headers) {
    boolean coded = headers.contains(HttpHeaders.TRANSFER_ENCODING);
    if (!coded && !headers.contains(HttpHeaders.CONTENT_LENGTH)) {
      return null;
    }
    List<String> lengths = headers.getAll(HttpHeaders.CONTENT_LENGTH);
    if (coded) {
      if (!lengths.isEmpty()) {
        return "both Transfer-Encoding and Content-Length";
      }
      if (http10) {
        return "Transfer-Encoding in HTTP/1.0";
      }
      List<String> codings = headers.getAll(HttpHeaders.TRANSFER_ENCODING);
      if (codings.size() != 1 || !"chunked".equalsIgnoreCase(codings.getFirst())) {
        return "Transfer-Encoding other than chunked is not supported";
      }
    }
    return length(lengths);
  }

  private static @Nullable String length(List<String> lengths) {
    if (lengths.isEmpty()) {
      return null;
    }
    if (lengths.size() > 1) {
      return "more than one Content-Length";
    }
    String text = lengths.getFirst();
    if (text.isEmpty() || text.length() > 18) {
      return "Content-Length is malformed";
    }
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) < '0' || text.charAt(i) > '9') {
        return "Content-Length is malformed";
      }
    }
    return null;
  }

  private static @Nullable String http2Fields(MultiMap headers) {
    if (headers.contains(HttpHeaders.CONNECTION)
        || headers.contains(PROXY_CONNECTION)
        || headers.contains(HttpHeaders.TRANSFER_ENCODING)
        || headers.contains(HttpHeaders.UPGRADE)
        || headers.contains("keep-alive")) {
      return "a connection-specific header over HTTP/2";
    }
    String te = headers.get(TE);
    if (te != null && !"trailers".equalsIgnoreCase(te)) {
      return "TE other than trailers over HTTP/2";
    }
    String length = length(headers.getAll(HttpHeaders.CONTENT_LENGTH));
    return length == null ? fields(headers) : length;
  }

  /** Names are tokens (RFC 9110 §5.6.2), values have no control characters (§5.5). */
  private static @Nullable String fields(MultiMap headers) {
    for (Iterator<Map.Entry<String, String>> all = headers.iterator(); all.hasNext(); ) {
      Map.Entry<String, String> header = all.next();
      String name = header.getKey();
      if (name.isEmpty()) {
        return "a header without a name";
      }
      for (int i = 0; i < name.length(); i++) {
        if (!Tokens.is(name.charAt(i))) {
          return "a header name is malformed";
        }
      }
      String value = header.getValue();
      for (int i = 0; i < value.length(); i++) {
        char c = value.charAt(i);
        if ((c < ' ' && c != '\t') || c == 0x7f) {
          return "a control character in a header";
        }
      }
      // RFC 9113 §8.2.1
      if (!value.isEmpty() && (blank(value.charAt(0)) || blank(value.charAt(value.length() - 1)))) {
        return "a header begins or ends with a blank";
      }
    }
    return null;
  }

  private static boolean blank(char c) {
    return c == ' ' || c == '\t';
  }
}
