package dev.sluice.gateway.jobs.builtin;

import dev.sluice.gateway.failure.Failure;
import dev.sluice.gateway.jobs.builtin.Page.Outcome;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The pages of one bulk fetch, looked at.
 *
 * @param hosts the pages that are asked for, by host and port, in their order
 * @param refused those that are not, and why
 * @param lineBytes what the lines of all of them take at most, bodies left out
 */
record FetchPlan(Map<String, List<Page>> hosts, List<Refused> refused, long lineBytes) {
  /** A page that is not asked for. */
  record Refused(Page page, Outcome outcome) {}

  /** Takes time with their number. */
  static FetchPlan of(List<String> urls, FetchSettings settings) {
    Map<String, List<Page>> hosts = new LinkedHashMap<>();
    List<Refused> refused = new ArrayList<>();
    long bytes = 0;
    for (String url : urls) {
      Page page = new Page(url, uri(url));
      bytes += PageLine.bound(url);
      String refusal =
          page.uri == null
              ? Failure.INVALID_INPUT.reason() + ": it is no URL"
              : settings.targets().refusal(page.uri);
      if (refusal == null && page.uri != null) {
        String host = FetchTargets.host(page.uri) + ":" + FetchTargets.port(page.uri);
        hosts.computeIfAbsent(host, unused -> new ArrayList<>()).add(page);
      } else {
        String why = page.uri == null ? refusal : Failure.FORBIDDEN.reason() + ": " + refusal;
        refused.add(new Refused(page, Outcome.failed(String.valueOf(why), false)));
      }
    }
    return new FetchPlan(hosts, refused, bytes);
  }

  private static @Nullable URI uri(String url) {
    try {
      return new URI(url);
    } catch (URISyntaxException malformed) {
      return null;
    }
  }
}
