package dev.sluice.gateway;

import dev.sluice.gateway.config.ActionConfig;
import dev.sluice.gateway.config.RouteConfig;
import dev.sluice.gateway.config.RouteConfig.PathPattern;
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
      case ActionConfig.Respond respond -> "respond " + respond.status();
      case ActionConfig.Redirect redirect -> "redirect " + redirect.status();
    };
  }
}
