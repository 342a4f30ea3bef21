package dev.sluice.gateway.http;

import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.impl.headers.HeadersMultiMap;

/** Prints what the look at a request's head costs; not a test. */
public final class AdmissionTiming {
  private AdmissionTiming() {}

  /** Takes no arguments. */
  public static void main(String[] arguments) {
    MultiMap headers = HeadersMultiMap.httpHeaders();
    headers.add(HttpHeaders.HOST, "api.example.com");
    headers.add("User-Agent", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36");
    headers.add("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8");
    headers.add("Accept-Encoding", "gzip, deflate, br");
    headers.add("Accept-Language", "en-US,en;q=0.5");
    headers.add("Cookie", "session=0123456789abcdef0123456789abcdef");
    headers.add("Connection", "keep-alive");
    headers.add("Referer", "https://www.example.com/a/page?with=query");
    for (String target :
        new String[] {"/users/1234/orders?limit=20&after=abc", "/users/%7Eme/../orders/a%20b?x"}) {
      for (int round = 0; round < 6; round++) {
        int admitted = 0;
        int times = 2_000_000;
        long start = System.nanoTime();
        for (int i = 0; i < times; i++) {
          if (RequestRules.check(false, false, "GET", target, null, headers)
              instanceof Admission.Admitted) {
            admitted++;
          }
        }
        long nanos = System.nanoTime() - start;
        System.out.println(
            target + " " + nanos / times + " ns" + (admitted == times ? "" : " refused"));
      }
    }
  }
}
