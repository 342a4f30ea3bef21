package dev.sluice.gateway.config;

import static dev.sluice.gateway.config.Values.BOOLEAN;
import static dev.sluice.gateway.config.Values.count;
import static dev.sluice.gateway.config.Values.duration;
import static dev.sluice.gateway.config.Values.size;

import dev.sluice.gateway.resilience.RetryPolicy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The keys of a route. */
final class RouteBlock {
  private static final Key<RouteConfig.PathPattern> REGEX =
      Key.required(
          "regex", Http.REGEX, "RE2 syntax, anchored at both ends; tried after all templates.");
  private static final Block<RouteConfig.PathPattern> REGEX_BLOCK =
      new Block<>(
          "path regex",
          "A regular expression over the path.",
          List.of(REGEX),
          fields -> fields.value(REGEX));

  private static final Key<List<String>> HOSTS =
      Key.of(
          "hosts",
          Shapes.list(Network.HOST_PATTERN),
          "[]",
          "One of these hosts; `*.example.com` for all below it. Any host without it.");
  private static final Key<RouteConfig.PathPattern> PATH =
      Key.of(
          "path",
          Shapes.either(Http.TEMPLATE, REGEX_BLOCK),
          "\"/*\"",
          "The path: literal, `{name}` for one segment, a last `*` for the rest.");
  private static final Key<List<String>> METHODS =
      Key.of(
          "methods",
          Shapes.list(Http.METHOD),
          "[]",
          "One of these methods; GET takes HEAD too. Any without it.");
  private static final Key<Map<String, String>> HEADERS =
      Key.of("headers", FilterBlocks.HEADERS, "{}", "All of these headers with these values.");
  private static final Key<Map<String, String>> QUERY =
      Key.of(
          "query",
          Shapes.map(Values.LINE, Values.LINE),
          "{}",
          "All of these query parameters with these values.");
  private static final Key<List<String>> LISTENERS =
      Key.of(
          "listeners",
          Shapes.list(ListenerBlock.reference(Names.Kind.LISTENER)),
          "[]",
          "One of these listeners. Any without it.");
  private static final Block<RouteConfig.Match> MATCH_BLOCK =
      new Block<>(
          "match",
          "The conditions of a route; all must hold.",
          List.of(HOSTS, PATH, METHODS, HEADERS, QUERY, LISTENERS),
          fields ->
              new RouteConfig.Match(
                  fields.value(HOSTS),
                  fields.value(PATH),
                  fields.value(METHODS),
                  fields.value(HEADERS),
                  fields.value(QUERY),
                  fields.value(LISTENERS)));

  private static final Key<String> REWRITE_PATH =
      Key.optional(
          "path", Http.PATH, "The new path, with the route's `{name}`s; `{*}` is the rest.");
  private static final Key<String> STRIP_PREFIX =
      Key.optional("stripPrefix", Http.PATH, "Takes this prefix off.");
  private static final Block<RouteConfig.Rewrite> REWRITE_BLOCK =
      new Block<>(
          "rewrite",
          "What the upstream sees as path; one of these.",
          List.of(REWRITE_PATH, STRIP_PREFIX),
          RouteBlock::rewrite);

  private static final Key<Duration> ABORT_COMPLETE =
      Key.required(
          "complete", duration("1ms", "1h"), "How long the work goes on without its client.");
  private static final Block<RouteConfig.OnClientAbort> ABORT_BLOCK =
      new Block<>(
          "onClientAbort",
          "Lets the work go on.",
          List.of(ABORT_COMPLETE),
          fields -> new RouteConfig.OnClientAbort.Complete(fields.value(ABORT_COMPLETE)));
  private static final Shape<RouteConfig.OnClientAbort> ABORT_SHAPE =
      Shapes.either(
          Values.<RouteConfig.OnClientAbort>choice(
              Values.words(
                  Map.entry("cancel", new RouteConfig.OnClientAbort.Cancel()),
                  Map.entry(
                      "complete", new RouteConfig.OnClientAbort.Complete(Duration.ofSeconds(30))))),
          ABORT_BLOCK);

  private static final Key<Duration> PING =
      Key.of(
          "ping",
          duration("100ms", "1d"),
          "30s",
          "Interval of the gateway's own pings, on both legs.");
  private static final Key<Integer> MISSES =
      Key.of("misses", count(1, 1_000), "2", "Unanswered pings that close.");
  private static final Key<Long> MAX_FRAME =
      Key.of("maxFrame", size("125B", "1GiB"), "4MiB", "The largest frame.");
  private static final Block<RouteConfig.WebSocketLimits> WEB_SOCKET_BLOCK =
      new Block<>(
          "webSocket",
          "Bounds of WebSockets.",
          List.of(PING, MISSES, MAX_FRAME),
          fields ->
              new RouteConfig.WebSocketLimits(
                  fields.value(PING),
                  fields.value(MISSES),
                  Math.toIntExact(fields.value(MAX_FRAME))));

  private static final Key<String> NAME =
      Key.required(
          "name",
          Values.TEXT
              .then((text, at, reading) -> {
                String name = Values.name(text.value(), Reading.shown(text));
                reading.names().declare(Names.Kind.ROUTE, name, at);
                return name;
              })
              .named("name"),
          "Its name in logs, metrics and the admin API.");
  private static final Key<RouteConfig.Match> MATCH =
      Key.required("match", MATCH_BLOCK, "Which requests.");
  private static final Key<RouteConfig.Rewrite> REWRITE =
      Key.optional("rewrite", REWRITE_BLOCK, "Changes the path.");
  private static final Key<Duration> TIMEOUT =
      Key.of(
          "timeout",
          duration("1ms", "1d"),
          "15s",
          "The deadline: until the answer's head, attempts, backoff and queues included.");
  private static final Key<Duration> TOTAL_TIMEOUT =
      Key.optional(
          "totalTimeout", duration("1ms", "30d"), "Until the last byte; no bound without it.");
  private static final Key<Duration> IDLE =
      Key.optional(
          "idle",
          duration("1ms", "30d"),
          "No byte either way; without it 30s, and 5m for SSE, WebSocket and gRPC.");
  private static final Key<RetryPolicy> RETRY =
      Key.of("retry", RetryBlock.BLOCK, "{}", "How often and when to try again.");
  private static final Key<List<String>> USE =
      Key.of("use", Shapes.list(ListenerBlock.POLICY), "[]", "Policies, after the listener's.");
  private static final Key<List<FilterConfig>> FILTERS =
      Key.of("filters", Shapes.list(FilterBlocks.FILTER), "[]", "Filters, after the policies.");
  private static final Key<RouteConfig.OnClientAbort> ON_CLIENT_ABORT =
      Key.of(
          "onClientAbort",
          ABORT_SHAPE,
          "cancel",
          "What a client's leaving does to the work under way; `complete` lets it go on for 30s.");
  private static final Key<Map<String, RouteConfig.ErrorPage>> ERRORS =
      Key.of(
          "errors",
          ActionBlocks.ERRORS,
          "{}",
          "Own pages by status (`404`) or class (`5xx`), for what the gateway itself answers.");
  private static final Key<Boolean> FORWARDED =
      Key.of("forwarded", BOOLEAN, "false", "Whether RFC 7239 Forwarded is sent too.");
  private static final Key<RouteConfig.WebSocketLimits> WEB_SOCKET =
      Key.of("webSocket", WEB_SOCKET_BLOCK, "{}", "Bounds of WebSockets.");
  private static final Key<Boolean> ENCODED_SLASH =
      Key.of("encodedSlash", BOOLEAN, "false", "Whether `%2f` and backslash in paths pass.");
  private static final Key<Optional<Duration>> SLOW =
      Key.of(
          "slow",
          Values.orOff(duration("1ms", "1d")),
          "off",
          "An exchange longer than this is logged with its phases.");

  static final Block<RouteConfig> BLOCK =
      new Block<>(
          "route",
          "Which requests, and what happens to them. Exactly one of "
              + ActionBlocks.ACTIONS
              + " is its action.",
          keys(),
          RouteBlock::make);

  private RouteBlock() {}

  private static List<Key<?>> keys() {
    List<Key<?>> keys = new ArrayList<>(List.of(NAME, MATCH));
    keys.addAll(ActionBlocks.KEYS);
    keys.addAll(
        List.of(
            REWRITE,
            TIMEOUT,
            TOTAL_TIMEOUT,
            IDLE,
            RETRY,
            USE,
            FILTERS,
            ON_CLIENT_ABORT,
            ERRORS,
            FORWARDED,
            WEB_SOCKET,
            ENCODED_SLASH,
            SLOW));
    return keys;
  }

  private static RouteConfig.@Nullable Rewrite rewrite(Fields fields) {
    if (fields.has(REWRITE_PATH) == fields.has(STRIP_PREFIX)) {
      fields.reading().problem(fields.at(), "rewrite needs exactly one of path and stripPrefix");
      return null;
    }
    String path = fields.optional(REWRITE_PATH);
    String prefix = fields.optional(STRIP_PREFIX);
    if (path != null) {
      return new RouteConfig.Rewrite.Path(path);
    }
    return prefix == null ? null : new RouteConfig.Rewrite.StripPrefix(prefix);
  }

  private static @Nullable RouteConfig make(Fields fields) {
    ActionConfig action = ActionBlocks.action(fields);
    RouteConfig.Match match = fields.value(MATCH);
    if (fields.optional(REWRITE) instanceof RouteConfig.Rewrite.Path rewrite) {
      places(fields, match.path(), rewrite.template());
    }
    Duration total = fields.optional(TOTAL_TIMEOUT);
    if (total != null && total.compareTo(fields.value(TIMEOUT)) < 0) {
      fields.problem(TOTAL_TIMEOUT, "totalTimeout must not be shorter than timeout");
    }
    Duration attempt = fields.value(RETRY).attemptTimeout();
    if (attempt != null && attempt.compareTo(fields.value(TIMEOUT)) > 0) {
      fields.problem(RETRY, "attemptTimeout must not be longer than the route's timeout");
    }
    if (action == null) {
      return null;
    }
    return new RouteConfig(
        fields.value(NAME),
        fields.position(),
        match,
        action,
        fields.optional(REWRITE),
        fields.value(TIMEOUT),
        total,
        fields.optional(IDLE),
        fields.value(RETRY),
        fields.value(USE),
        fields.value(FILTERS),
        fields.value(ON_CLIENT_ABORT),
        fields.value(ERRORS),
        fields.value(FORWARDED),
        fields.value(WEB_SOCKET),
        fields.value(ENCODED_SLASH),
        fields.value(SLOW).orElse(null));
  }

  /** A route that the gateway has by itself, with the defaults of one that says nothing else. */
  static RouteConfig own(
      String name,
      String position,
      String path,
      List<String> methods,
      ActionConfig action,
      List<String> use) {
    return new RouteConfig(
        name,
        position,
        new RouteConfig.Match(
            List.of(),
            new RouteConfig.PathPattern.Template(path),
            methods,
            Map.of(),
            Map.of(),
            List.of()),
        action,
        null,
        standard(TIMEOUT),
        null,
        null,
        standard(RETRY),
        use,
        List.of(),
        standard(ON_CLIENT_ABORT),
        Map.of(),
        false,
        standard(WEB_SOCKET),
        false,
        null);
  }

  @SuppressWarnings("unchecked") // a standard is read through its key's own shape
  private static <V> V standard(Key<V> key) {
    return (V) Reading.standard(key.shape(), java.util.Objects.requireNonNull(key.standard()));
  }

  private static void places(Fields fields, RouteConfig.PathPattern pattern, String template) {
    Set<String> known = Http.parameters(pattern);
    for (String place : Http.places(template)) {
      if (!known.contains(place)) {
        fields.problem(
            REWRITE,
            "rewrite: {"
                + place
                + "} is no part of the route's path"
                + Nearest.suggestion(place, known));
      }
    }
  }
}
