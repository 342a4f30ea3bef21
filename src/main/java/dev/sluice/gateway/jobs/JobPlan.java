package dev.sluice.gateway.jobs;

import dev.sluice.gateway.config.ActionConfig;
import dev.sluice.gateway.config.Misfit;
import dev.sluice.gateway.config.Nearest;
import dev.sluice.gateway.config.RouteConfig;
import dev.sluice.gateway.exchange.InnerRoute;
import dev.sluice.gateway.jobs.api.Content;
import dev.sluice.gateway.jobs.api.Job;
import dev.sluice.gateway.offload.Kind;
import java.time.Duration;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What a route runs. Immutable.
 *
 * @param route the route's name
 * @param settings as in the configuration
 * @param timeoutNanos of one run
 * @param upstreams those that the job may call, by name
 */
record JobPlan(
    String route,
    JobCodec codec,
    Map<String, @Nullable Object> settings,
    long timeoutNanos,
    Map<String, InnerRoute> upstreams) {

  /** Where it runs. */
  Kind kind() {
    return codec.job().kind();
  }

  /**
   * Reads an input that is for this route.
   *
   * @throws dev.sluice.gateway.failure.Failed {@code INVALID_INPUT} that names the field
   */
  Object read(Content content) {
    Object input = codec.read(content);
    codec.job().accept(input, settings);
    return input;
  }

  /** The job's name. */
  String name() {
    return codec.job().name();
  }

  /**
   * Compiles it.
   *
   * @param upstream gives what calls an upstream
   * @throws Misfit when there is no such job, or its settings make no sense
   */
  static JobPlan of(
      RouteConfig route,
      ActionConfig.Job config,
      JobRegistry registry,
      Function<String, InnerRoute> upstream) {
    Duration timeout = config.timeout() == null ? route.timeout() : config.timeout();
    return new JobPlan(
        route.name(),
        codec(config, registry),
        config.with(),
        timeout.toNanos(),
        config.upstreams().stream().distinct().collect(Collectors.toMap(name -> name, upstream)));
  }

  /** Looks at a route's job without making anything of it. */
  static JobCodec codec(ActionConfig.Job config, JobRegistry registry) {
    Job<?, ?> job = registry.job(config.name());
    if (job == null) {
      String near = Nearest.suggestion(config.name(), registry.names());
      throw new Misfit(
          config.position(),
          "unknown job '"
              + config.name()
              + "'"
              + (near.isEmpty() ? "; there is: " + String.join(", ", registry.names()) : near));
    }
    JobCodec codec;
    String faults;
    try {
      codec = registry.codec(job);
      faults = codec.settingsFaults(config.with());
    } catch (RuntimeException broken) {
      throw new Misfit(
          config.position(), "job " + config.name() + " cannot be used: " + broken, broken);
    }
    if (!faults.isEmpty()) {
      throw new Misfit(config.withPosition(), "job " + config.name() + ": with: " + faults);
    }
    return codec;
  }
}
