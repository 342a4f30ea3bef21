package dev.sluice.gateway;

import dev.sluice.gateway.config.ActionConfig;
import dev.sluice.gateway.config.FilterConfig;
import dev.sluice.gateway.config.RouteConfig;
import dev.sluice.gateway.config.RouteConfig.PathPattern;
import java.time.Duration;
import java.util.stream.Collectors;

/** A route in a few words. */
public final class RouteText {
  private RouteText() {}

  /** Its path as it is written in the configuration; a regular expression begins with {@code ~}. */
  public static String path(RouteConfig route) {
    return switch (route.match().path()) {
      case PathPattern.Template template -> template.text();
      case PathPattern.Regex regex -> "~" + regex.text();
    };
  }

  /** What it does. */
  public static String action(RouteConfig route) {
    return switch (route.action()) {
      case ActionConfig.Upstream one -> "upstream " + one.upstream();
      case ActionConfig.Split split ->
          split.branches().stream()
              .map(branch -> branch.upstream() + " " + branch.weight())
              .collect(Collectors.joining(", ", "split ", ""));
      case ActionConfig.Compose compose ->
          compose.parts().stream()
              .map(ActionConfig.Compose.Part::name)
              .collect(Collectors.joining(", ", "compose ", ""));
      case ActionConfig.Batch batch -> "batch of up to " + batch.max();
      case ActionConfig.Sql sql -> "sql " + sql.database();
      case ActionConfig.Job job ->
          "job " + job.name() + (job.mode() == ActionConfig.Job.Mode.ASYNC ? ", async" : "");
      case ActionConfig.JobView view -> "job " + view.view().word();
      case ActionConfig.Respond respond -> "respond " + respond.status();
      case ActionConfig.Redirect redirect -> "redirect " + redirect.status();
    };
  }

  /** The name that a filter has in the configuration. */
  public static String filter(FilterConfig filter) {
    return switch (filter) {
      case FilterConfig.Headers headers -> "headers";
      case FilterConfig.RequestSize size -> "requestSize";
      case FilterConfig.RateLimit limit -> "rateLimit " + limit.rate();
      case FilterConfig.Quota quota -> "quota " + quota.limit() + " per " + quota.per().text();
      case FilterConfig.Cors cors -> "cors";
    };
  }

  /** A duration in the language of the configuration: {@code 250ms}, {@code 15s}, {@code 5m}. */
  public static String duration(Duration duration) {
    long millis = duration.toMillis();
    if (millis == 0 || millis % 1_000 != 0) {
      return millis + "ms";
    }
    long seconds = millis / 1_000;
    if (seconds % 3_600 == 0) {
      return seconds / 3_600 + "h";
    }
    return seconds % 60 == 0 ? seconds / 60 + "m" : seconds + "s";
  }
}
