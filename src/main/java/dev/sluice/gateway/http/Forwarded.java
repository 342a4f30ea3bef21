package dev.sluice.gateway.http;

import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What a gateway tells of the client: {@code X-Forwarded-*}, {@code Forwarded} (RFC 7239), {@code
 * Via} (RFC 9110 §7.6.3).
 */
public final class Forwarded {
  private static final CharSequence FOR = HttpHeaders.createOptimized("x-forwarded-for");
  private static final CharSequence PROTO = HttpHeaders.createOptimized("x-forwarded-proto");
  private static final CharSequence HOST = HttpHeaders.createOptimized("x-forwarded-host");
  private static final CharSequence STANDARD = HttpHeaders.createOptimized("forwarded");
  private static final CharSequence[] HEARSAY = {
    HttpHeaders.createOptimized("x-real-ip"),
    HttpHeaders.createOptimized("x-forwarded-port"),
    HttpHeaders.createOptimized("x-forwarded-prefix")
  };
  private static final CharSequence VIA = HttpHeaders.createOptimized("via");
  private static final String VIA_0 = "1.0 sluice";
  private static final String VIA_1 = "1.1 sluice";
  private static final String VIA_2 = "2 sluice";

  /** An IPv6 address with an IPv4 one at its end. */
  private static final int LONGEST_ADDRESS = 45;

  private Forwarded() {}

  /**
   * Writes the forwarded headers: replaced, not appended, when the peer is not trusted.
   *
   * @param peer the peer's address in text form; null for one without, on a Unix socket
   * @param scheme "http" or "https", as the peer spoke to us
   * @param host the authority that the client asked for; empty when an HTTP/1.0 client named none
   * @param trusted whether what the peer says of others counts
   * @param standard whether {@code Forwarded} is sent too
   */
  public static void apply(
      MultiMap headers,
      @Nullable String peer,
      String scheme,
      String host,
      boolean trusted,
      boolean standard) {
    String before = trusted ? join(headers.getAll(FOR)) : null;
    String by = peer == null ? "unknown" : peer;
    headers.set(FOR, before == null ? by : before + ", " + by);
    if (!trusted || !headers.contains(PROTO)) {
      headers.set(PROTO, scheme);
    }
    if (!trusted || !headers.contains(HOST)) {
      if (host.isEmpty()) {
        headers.remove(HOST);
      } else {
        headers.set(HOST, host);
      }
    }
    if (!trusted) {
      for (CharSequence name : HEARSAY) {
        headers.remove(name);
      }
    }
    if (standard) {
      String element =
          "for=" + node(by) + (host.isEmpty() ? "" : ";host=" + quoted(host)) + ";proto=" + scheme;
      String chain = trusted ? join(headers.getAll(STANDARD)) : null;
      headers.set(STANDARD, chain == null ? element : chain + ", " + element);
    } else if (!trusted) {
      headers.remove(STANDARD);
    }
  }

  /** Adds this gateway to {@code Via}, with the protocol in which the message came. */
  public static void via(MultiMap headers, boolean http2, boolean http10) {
    String own = http2 ? VIA_2 : http10 ? VIA_0 : VIA_1;
    String before = headers.contains(VIA) ? join(headers.getAll(VIA)) : null;
    headers.set(VIA, before == null ? own : before + ", " + own);
  }

  /**
   * The client's address: walks {@code X-Forwarded-For} from the right as long as the addresses are
   * trusted proxies.
   */
  public static String client(MultiMap headers, String peer, Predicate<String> trusted) {
    String chain = join(headers.getAll(FOR));
    String client = peer;
    int end = chain == null ? 0 : chain.length();
    while (chain != null && end > 0 && trusted.test(client)) {
      int comma = chain.lastIndexOf(',', end - 1);
      String next = address(chain.substring(comma + 1, end).strip());
      if (next == null) {
        break;
      }
      client = next;
      end = Math.max(comma, 0);
    }
    return client;
  }

  /**
   * The address in an element, which some proxies write with brackets or a port; null for what is
   * none.
   */
  private static @Nullable String address(String element) {
    int start = 0;
    int end = element.length();
    if (element.startsWith("[")) {
      start = 1;
      end = element.indexOf(']');
    } else if (element.indexOf('.') > 0 && element.indexOf(':') == element.lastIndexOf(':')) {
      end = element.indexOf(':') < 0 ? end : element.indexOf(':');
    }
    if (end <= start || end - start > LONGEST_ADDRESS) {
      return null;
    }
    boolean separated = false;
    for (int i = start; i < end; i++) {
      char c = element.charAt(i);
      if (c == '.' || c == ':') {
        separated = true;
      } else if (c >= 0x7f || Character.digit(c, 16) < 0) {
        return null;
      }
    }
    return separated ? element.substring(start, end) : null;
  }

  /** The scheme that a trusted peer says the client used. */
  public static String scheme(MultiMap headers, String own) {
    String given = headers.get(PROTO);
    if ("https".equalsIgnoreCase(given)) {
      return "https";
    }
    return "http".equalsIgnoreCase(given) ? "http" : own;
  }

  private static @Nullable String join(List<String> values) {
    if (values.isEmpty()) {
      return null;
    }
    return values.size() == 1 ? values.getFirst() : String.join(", ", values);
  }

  private static String node(String address) {
    return address.indexOf(':') < 0 ? address : "\"[" + address + "]\"";
  }

  private static String quoted(String host) {
    return host.indexOf(':') < 0 ? host : '"' + host + '"';
  }
}
