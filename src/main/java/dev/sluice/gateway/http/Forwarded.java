package dev.sluice.gateway.http;

import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import java.util.List;
import java.util.function.Predicate;

/** What a gateway tells of the client: {@code X-Forwarded-*}, {@code Forwarded} (RFC 7239), {@code Via} (RFC 9110 §7.6.3). */
public final class Forwarded {
  private static final CharSequence FOR = HttpHeaders.createOptimized("x-forwarded-for");
  private static final CharSequence PROTO = HttpHeaders.createOptimized("x-forwarded-proto");
  private static final CharSequence HOST = HttpHeaders.createOptimized("x-forwarded-host");
  private static final CharSequence STANDARD = HttpHeaders.createOptimized("forwarded");
  private static final CharSequence VIA = HttpHeaders.createOptimized("via");
  private static final String VIA_1 = "1.1 sluice";
  private static final String VIA_2 = "2 sluice";

  private Forwarded() {}

  /**
   * Writes the forwarded headers: replaced, not appended, when the peer is not trusted.
   *
   * @param peer the peer's address in text form
   * @param scheme "http" or "https", as the peer spoke to us
   * @param host the authority that the client asked for
   * @param trusted whether what the peer says of others counts
   * @param standard whether {@code Forwarded} is sent too
   */
  public static void apply(
      MultiMap headers, String peer, String scheme, String host, boolean trusted, boolean standard) {
    String before = trusted ? join(headers.getAll(FOR)) : null;
    headers.set(FOR, before == null ? peer : before + ", " + peer);
    if (!trusted || !headers.contains(PROTO)) {
      headers.set(PROTO, scheme);
    }
    if (!trusted || !headers.contains(HOST)) {
      headers.set(HOST, host);
    }
    if (standard) {
      String element = "for=" + node(peer) + ";host=" + quoted(host) + ";proto=" + scheme;
      String chain = trusted ? join(headers.getAll(STANDARD)) : null;
      headers.set(STANDARD, chain == null ? element : chain + ", " + element);
    } else if (!trusted) {
      headers.remove(STANDARD);
    }
  }

  /** Adds this gateway to {@code Via}. */
  public static void via(MultiMap headers, boolean http2) {
    String own = http2 ? VIA_2 : VIA_1;
    String before = join(headers.getAll(VIA));
    headers.set(VIA, before == null ? own : before + ", " + own);
  }

  /** The client's address: walks {@code X-Forwarded-For} from the right as long as the addresses are trusted proxies. */
  public static String client(MultiMap headers, String peer, Predicate<String> trusted) {
    String chain = join(headers.getAll(FOR));
    String client = peer;
    int end = chain == null ? 0 : chain.length();
    while (chain != null && end > 0 && trusted.test(client)) {
      int comma = chain.lastIndexOf(',', end - 1);
      String next = chain.substring(comma + 1, end).strip();
      if (next.isEmpty() || next.length() > 64) {
        break;
      }
      client = next;
      end = Math.max(comma, 0);
    }
    return client;
  }

  /** The scheme that a trusted peer says the client used. */
  public static String scheme(MultiMap headers, String own) {
    String given = headers.get(PROTO);
    if ("https".equalsIgnoreCase(given)) {
      return "https";
    }
    return "http".equalsIgnoreCase(given) ? "http" : own;
  }

  private static @org.jspecify.annotations.Nullable String join(List<String> values) {
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
