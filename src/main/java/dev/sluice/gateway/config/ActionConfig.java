package dev.sluice.gateway.config;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a route does; exactly one kind each. */
public sealed interface ActionConfig {
  /** Forwards to one upstream. */
  record Upstream(String upstream) implements ActionConfig {}

  /** Forwards to one of several, by weight. */
  record Split(List<Branch> branches) implements ActionConfig {
    public Split {
      branches = List.copyOf(branches);
    }

    /** One way; weight 0 to 1,000,000, not all 0. */
    public record Branch(String upstream, int weight) {}
  }

  /**
   * Answers from the configuration.
   *
   * @param body templates over the request; see {@link Body}
   * @param delay waited before the answer, without a thread
   */
  record Respond(int status, Map<String, String> headers, Body body, @Nullable Duration delay)
      implements ActionConfig {
    public Respond {
      headers = java.util.Collections.unmodifiableMap(new java.util.LinkedHashMap<>(headers));
    }

    /** The answer's body. */
    public sealed interface Body {
      /** None. */
      record None() implements Body {}

      /** A text template with its content type ({@code text} or {@code html} in the file). */
      record Text(String template, String contentType) implements Body {}

      /**
       * A JSON value (maps, lists, strings, numbers, booleans, null) whose strings are templates.
       */
      record Json(@Nullable Object value) implements Body {}
    }
  }

  /**
   * Sends the client elsewhere.
   *
   * @param to a template for Location, {@code {1}} being a regular expression's group; null when
   *     only scheme, host or port change
   * @param scheme null keeps the request's
   * @param host null keeps the request's
   * @param port 0 is the scheme's own
   * @param status 301, 302, 303, 307 or 308 (default)
   */
  record Redirect(
      @Nullable String to, @Nullable String scheme, @Nullable String host, int port, int status)
      implements ActionConfig {}
}
