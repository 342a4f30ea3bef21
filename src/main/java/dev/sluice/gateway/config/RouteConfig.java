package dev.sluice.gateway.config;

import dev.sluice.gateway.resilience.RetryPolicy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One route: which requests, what happens to them, within which bounds.
 *
 * @param position file:line:column of its beginning, for messages
 * @param timeout the deadline: until the answer's head; default 15 s
 * @param totalTimeout until the last byte; null for none
 * @param idle no byte either way; null for the default of the kind of traffic (30 s; 5 min for SSE,
 *     WebSocket, gRPC)
 * @param use names of policies, run after the listener's
 * @param errors own pages by status ("404") or class ("5xx"), already read; key is the lower-case
 *     text
 * @param encodedSlash whether {@code %2f} and backslash in paths pass on this route
 * @param slow an exchange longer than this is logged with its phases; null switches it off
 */
public record RouteConfig(
    String name,
    String position,
    Match match,
    ActionConfig action,
    @Nullable Rewrite rewrite,
    Duration timeout,
    @Nullable Duration totalTimeout,
    @Nullable Duration idle,
    RetryPolicy retry,
    List<String> use,
    List<FilterConfig> filters,
    OnClientAbort onClientAbort,
    Map<String, ErrorPage> errors,
    boolean forwarded,
    WebSocketLimits webSocket,
    boolean encodedSlash,
    @Nullable Duration slow) {
  public RouteConfig {
    use = List.copyOf(use);
    filters = List.copyOf(filters);
    errors = Map.copyOf(errors);
  }

  /** What serves a part of this route: its own action, none of the route's pages and rewrites. */
  public RouteConfig part(String part, ActionConfig own, @Nullable Duration bound) {
    return new RouteConfig(
        name + "/" + part,
        position,
        match,
        own,
        null,
        bound == null || bound.compareTo(timeout) > 0 ? timeout : bound,
        null,
        idle,
        retry,
        List.of(),
        List.of(),
        new OnClientAbort.Cancel(),
        Map.of(),
        forwarded,
        webSocket,
        encodedSlash,
        null);
  }

  /** The conditions; all must hold. Empty lists and maps ask for nothing. */
  public record Match(
      List<String> hosts,
      PathPattern path,
      List<String> methods,
      Map<String, String> headers,
      Map<String, String> query,
      List<String> listeners) {
    public Match {
      hosts = List.copyOf(hosts);
      methods = List.copyOf(methods);
      headers = Map.copyOf(headers);
      query = Map.copyOf(query);
      listeners = List.copyOf(listeners);
    }
  }

  /** How the path is matched. */
  public sealed interface PathPattern {
    /** {@code /a/{b}/*}: literals, parameters of one segment, a trailing rest. */
    record Template(String text) implements PathPattern {}

    /** RE2 syntax, anchored at both ends. */
    record Regex(String text) implements PathPattern {}
  }

  /** What the upstream sees as path. */
  public sealed interface Rewrite {
    /**
     * A template over the path's parameters, for instance {@code /v1/users/{id}}; {@code {*}} is
     * the rest.
     */
    record Path(String template) implements Rewrite {}

    /** Takes this prefix off. */
    record StripPrefix(String prefix) implements Rewrite {}
  }

  /** What a client's leaving does to the work under way. */
  public sealed interface OnClientAbort {
    /** It is cancelled at once. */
    record Cancel() implements OnClientAbort {}

    /** It goes on to its end, at most this long. */
    record Complete(Duration atMost) implements OnClientAbort {}
  }

  /** A page of the user's own; {@code body} is the file's content. */
  public record ErrorPage(Path file, String contentType, byte[] body) {}

  /**
   * WebSocket bounds.
   *
   * @param ping interval of the gateway's pings on both legs; default 30 s
   * @param misses unanswered pings that close; default 2
   * @param maxFrameBytes default 4 MiB
   */
  public record WebSocketLimits(Duration ping, int misses, int maxFrameBytes) {}
}
