package dev.sluice.gateway;

import dev.sluice.gateway.assemble.Actions;
import dev.sluice.gateway.config.ActionConfig;
import dev.sluice.gateway.config.RouteConfig;
import dev.sluice.gateway.config.RoutingConfig;
import dev.sluice.gateway.config.UpstreamConfig;
import dev.sluice.gateway.resilience.Backoff;
import dev.sluice.gateway.resilience.BreakerPolicy;
import dev.sluice.gateway.resilience.RetryPolicy;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * How a forwarding route forwards, in words: upstreams, bounds in the order in which they apply,
 * retries.
 */
final class ForwardText {
  private ForwardText() {}

  /**
   * Adds {@code upstreams}, {@code timeouts} and {@code retry}; nothing for routes that answer by
   * themselves.
   */
  static void describe(JsonObject out, RoutingConfig routing, RouteConfig route) {
    List<UpstreamConfig> upstreams =
        switch (route.action()) {
          case ActionConfig.Upstream one -> named(routing, List.of(one.upstream()));
          case ActionConfig.Split split ->
              named(
                  routing,
                  split.branches().stream()
                      .map(ActionConfig.Split.Branch::upstream)
                      .distinct()
                      .toList());
          case ActionConfig.Compose compose ->
              named(
                  routing,
                  compose.parts().stream()
                      .flatMap(part -> part.upstream().stream())
                      .distinct()
                      .toList());
          case ActionConfig.Batch batch -> List.of();
          case ActionConfig.Sql sql -> List.of();
          case ActionConfig.Job job -> named(routing, job.upstreams());
          case ActionConfig.JobView view -> List.of();
          case ActionConfig.Respond respond -> List.of();
          case ActionConfig.Redirect redirect -> List.of();
        };
    if (upstreams.isEmpty()) {
      return;
    }
    JsonArray list = new JsonArray();
    for (UpstreamConfig upstream : upstreams) {
      list.add(
          new JsonObject()
              .put("upstream", upstream.name())
              .put("source", source(upstream.source()))
              .put("breaker", breaker(upstream.breaker())));
    }
    out.put("upstreams", list)
        .put("timeouts", timeouts(upstreams, route))
        .put("retry", retry(route.retry()));
  }

  private static List<UpstreamConfig> named(RoutingConfig routing, List<String> names) {
    List<UpstreamConfig> found = new ArrayList<>();
    for (String name : names) {
      UpstreamConfig upstream = routing.upstreams().get(name);
      if (upstream != null) {
        found.add(upstream);
      }
    }
    return found;
  }

  private static JsonArray timeouts(List<UpstreamConfig> upstreams, RouteConfig route) {
    JsonArray bounds = new JsonArray();
    bound(bounds, "connect", each(upstreams, upstream -> upstream.pool().connect()), "");
    bound(
        bounds,
        "pool wait",
        each(upstreams, upstream -> upstream.pool().maxWait()),
        "never beyond the deadline");
    Duration attempt = route.retry().attemptTimeout();
    bound(
        bounds,
        "attempt",
        attempt == null ? "none" : text(attempt),
        attempt == null ? "the deadline bounds it" : "");
    bound(
        bounds,
        "deadline",
        text(route.timeout()),
        "to the answer's head, all attempts and waits included");
    bound(
        bounds,
        "idle",
        text(Actions.idle(route)),
        route.idle() == null
            ? text(Actions.streamIdle(route)) + " for server-sent events, WebSockets and gRPC"
            : "no byte either way");
    Duration total = route.totalTimeout();
    bound(
        bounds,
        "total",
        total == null ? "none" : text(total),
        total == null ? "" : "to the last byte");
    return bounds;
  }

  private static String each(
      List<UpstreamConfig> upstreams, java.util.function.Function<UpstreamConfig, Duration> bound) {
    return upstreams.stream()
        .map(upstream -> text(bound.apply(upstream)))
        .distinct()
        .collect(Collectors.joining(" or "));
  }

  private static void bound(JsonArray bounds, String name, String value, String note) {
    bounds.add(new JsonObject().put("name", name).put("value", value).put("note", note));
  }

  private static String retry(RetryPolicy retry) {
    List<String> on = new ArrayList<>();
    if (retry.connectFailure()) {
      on.add("connectFailure");
    }
    if (retry.reset()) {
      on.add("reset");
    }
    if (retry.timeout()) {
      on.add("timeout");
    }
    retry.statuses().forEach(status -> on.add(status.toString()));
    if (retry.attempts() <= 1 || on.isEmpty()) {
      return "none";
    }
    String backoff =
        switch (retry.backoff()) {
          case Backoff.Exponential grows ->
              text(Duration.ofNanos(grows.firstNanos()))
                  + ".."
                  + text(Duration.ofNanos(grows.maxNanos()));
          case Backoff.Listed listed ->
              listed.nanos().stream()
                  .map(nanos -> text(Duration.ofNanos(nanos)))
                  .collect(Collectors.joining(", "));
        };
    return "up to "
        + retry.attempts()
        + " attempts on "
        + String.join(", ", on)
        + "; backoff "
        + backoff
        + ", budget "
        + percent(retry.budget());
  }

  private static String breaker(@Nullable BreakerPolicy breaker) {
    if (breaker == null) {
      return "off";
    }
    String opens =
        breaker.failures() > 0
            ? "opens at " + breaker.failures() + " failures in a row"
            : "opens at "
                + percent(breaker.failureRate())
                + " of at least "
                + breaker.minimum()
                + " in "
                + text(breaker.window());
    BreakerPolicy.SlowCall slow = breaker.slowCall();
    return opens
        + (slow == null ? "" : ", or " + percent(slow.rate()) + " slower than " + text(slow.over()))
        + ", for "
        + text(breaker.open())
        + " doubling to "
        + text(breaker.maxOpen());
  }

  /** Where an upstream's endpoints come from. */
  static String source(UpstreamConfig.Source source) {
    return switch (source) {
      case UpstreamConfig.Source.Endpoints given ->
          given.endpoints().stream()
              .map(address ->
                  address.port() == 0 ? address.host() : address.host() + ":" + address.port())
              .collect(Collectors.joining(", "));
      case UpstreamConfig.Source.Dns dns -> "dns " + dns.host() + ":" + dns.port();
      case UpstreamConfig.Source.Embedded embedded -> "embedded " + embedded.kind();
      case UpstreamConfig.Source.Kubernetes service ->
          "kubernetes "
              + (service.namespace() == null ? "" : service.namespace() + "/")
              + service.service()
              + ":"
              + service.port();
    };
  }

  private static String percent(double share) {
    double percent = Math.round(share * 10_000) / 100.0;
    return (percent == Math.rint(percent)
            ? Long.toString((long) percent)
            : Double.toString(percent))
        + "%";
  }

  private static String text(Duration duration) {
    return RouteText.duration(duration);
  }
}
