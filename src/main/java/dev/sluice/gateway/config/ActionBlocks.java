package dev.sluice.gateway.config;

import static dev.sluice.gateway.config.Values.TEXT;
import static dev.sluice.gateway.config.Values.count;
import static dev.sluice.gateway.config.Values.duration;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.nodes.Node;

/** What a route does, and its error pages. */
final class ActionBlocks {
  private static final Scalar<String> UPSTREAM_NAME = ListenerBlock.reference(Names.Kind.UPSTREAM);

  private static final Key<String> BRANCH_UPSTREAM =
      Key.required("upstream", UPSTREAM_NAME, "Where this share goes.");
  private static final Key<Integer> WEIGHT =
      Key.of("weight", count(0, 1_000_000), "1", "Its share; not all 0.");
  private static final Block<ActionConfig.Split.Branch> BRANCH =
      new Block<>(
          "branch",
          "One way of a split.",
          List.of(BRANCH_UPSTREAM, WEIGHT),
          fields ->
              new ActionConfig.Split.Branch(fields.value(BRANCH_UPSTREAM), fields.value(WEIGHT)));

  private static final Key<Integer> STATUS =
      Key.of("status", count(200, 599), "200", "The answer's status.");
  private static final Key<Map<String, String>> HEADERS =
      Key.of("headers", FilterBlocks.OWN_HEADERS, "{}", "Its headers; values are templates.");
  private static final Key<String> TEXT_BODY =
      Key.optional("text", TEXT, "A text body, a template.");
  private static final Key<String> HTML_BODY =
      Key.optional("html", TEXT, "An HTML body, a template.");
  private static final Key<JsonValue> JSON_BODY =
      Key.optional("json", JsonValue.SHAPE, "A JSON body; its strings are templates.");
  private static final Key<Duration> DELAY =
      Key.optional("delay", duration("0ms", "1h"), "Waited before the answer.");
  private static final Block<ActionConfig.Respond> RESPOND_BLOCK =
      new Block<>(
          "respond",
          "Answers from the configuration; at most one of text, html and json.",
          List.of(STATUS, HEADERS, TEXT_BODY, HTML_BODY, JSON_BODY, DELAY),
          ActionBlocks::respond);

  private static final Key<String> TO =
      Key.optional(
          "to", Values.LINE, "The Location, a template; `{1}` is a group of a regular expression.");
  private static final Key<String> SCHEME =
      Key.optional(
          "scheme",
          Values.choice(Values.words(Map.entry("http", "http"), Map.entry("https", "https"))),
          "Another scheme.");
  private static final Key<String> HOST = Key.optional("host", Network.HOST, "Another host.");
  private static final Key<Integer> PORT =
      Key.optional("port", count(1, 65_535), "Another port; without it the scheme's own.");
  private static final Key<Integer> REDIRECT_STATUS =
      Key.of(
          "status",
          Values.choice(
              Values.words(
                  Map.entry("301", 301),
                  Map.entry("302", 302),
                  Map.entry("303", 303),
                  Map.entry("307", 307),
                  Map.entry("308", 308))),
          "308",
          "301, 302, 303, 307 or 308.");
  private static final Block<ActionConfig.Redirect> REDIRECT_BLOCK =
      new Block<>(
          "redirect",
          "Sends the client elsewhere: to a template, or to another scheme, host or port.",
          List.of(TO, SCHEME, HOST, PORT, REDIRECT_STATUS),
          ActionBlocks::redirect);

  private static final Key<String> UPSTREAM =
      Key.optional("upstream", UPSTREAM_NAME, "Forwards to this upstream.");
  private static final Key<List<ActionConfig.Split.Branch>> SPLIT =
      Key.optional(
          "split", Shapes.some(BRANCH), "Forwards to one of several upstreams, by weight.");
  private static final Key<ActionConfig.Respond> RESPOND =
      Key.optional("respond", RESPOND_BLOCK, "Answers from the configuration.");
  private static final Key<ActionConfig.Compose> COMPOSE =
      Key.optional("compose", ComposeBlocks.COMPOSE, "Gathers several calls into one answer.");
  private static final Key<ActionConfig.Batch> BATCH =
      Key.optional("batch", ComposeBlocks.BATCH, "Answers many requests that come as one.");
  private static final Key<ActionConfig.Sql> SQL =
      Key.optional("sql", SqlBlocks.SQL, "Answers from a database.");
  private static final Key<ActionConfig.Job> JOB =
      Key.optional("job", JobBlocks.JOB, "Runs a job off the event loops.");
  private static final Key<ActionConfig.Redirect> REDIRECT =
      Key.optional("redirect", REDIRECT_BLOCK, "Sends the client elsewhere.");

  /** The keys of which a route has exactly one. */
  static final List<Key<?>> KEYS =
      List.of(UPSTREAM, SPLIT, COMPOSE, BATCH, SQL, JOB, RESPOND, REDIRECT);

  /** Their names in a sentence. */
  static final String ACTIONS =
      KEYS.stream().limit(KEYS.size() - 1L).map(Key::name).collect(Collectors.joining(", "))
          + " and "
          + KEYS.getLast().name();

  /** Pages by status or class. */
  static final Shape<Map<String, RouteConfig.ErrorPage>> ERRORS =
      Shapes.map(
          Scalar.of("status or class", "", ActionBlocks::statusOrClass),
          PemFiles.PATH.then((text, at, reading) ->
              page(PemFiles.PATH.parser().parse(text, at, reading), at, reading)));

  private ActionBlocks() {}

  static @Nullable ActionConfig action(Fields fields) {
    List<Key<?>> there = new ArrayList<>(KEYS);
    there.removeIf(key -> !fields.has(key));
    if (there.isEmpty()) {
      fields.reading().problem(fields.at(), "route needs an action: one of " + ACTIONS);
      return null;
    }
    if (there.size() > 1) {
      fields.problem(
          there.get(1), "a route has one action; this one has " + there.get(0).name() + " already");
      return null;
    }
    String upstream = fields.optional(UPSTREAM);
    if (upstream != null) {
      return new ActionConfig.Upstream(upstream);
    }
    List<ActionConfig.Split.Branch> branches = fields.optional(SPLIT);
    if (branches != null) {
      if (!branches.isEmpty() && branches.stream().allMatch(branch -> branch.weight() == 0)) {
        fields.problem(SPLIT, "split: all weights are 0, so nothing would go anywhere");
      }
      return new ActionConfig.Split(branches);
    }
    return Stream.<Key<? extends ActionConfig>>of(COMPOSE, BATCH, SQL, JOB, RESPOND, REDIRECT)
        .<ActionConfig>map(fields::optional)
        .filter(Objects::nonNull)
        .findFirst()
        .orElse(null);
  }

  private static ActionConfig.@Nullable Respond respond(Fields fields) {
    List<Key<?>> bodies = new ArrayList<>(List.<Key<?>>of(TEXT_BODY, HTML_BODY, JSON_BODY));
    bodies.removeIf(key -> !fields.has(key));
    if (bodies.size() > 1) {
      fields.problem(
          bodies.get(1), "respond has one body; this one has " + bodies.get(0).name() + " already");
    }
    String text = fields.optional(TEXT_BODY);
    String html = fields.optional(HTML_BODY);
    JsonValue json = fields.optional(JSON_BODY);
    ActionConfig.Respond.Body body = new ActionConfig.Respond.Body.None();
    if (text != null) {
      body = new ActionConfig.Respond.Body.Text(text, "text/plain; charset=utf-8");
    } else if (html != null) {
      body = new ActionConfig.Respond.Body.Text(html, "text/html; charset=utf-8");
    } else if (json != null) {
      body = new ActionConfig.Respond.Body.Json(json.value());
    }
    int status = fields.value(STATUS);
    if (!bodies.isEmpty() && (status == 204 || status == 205 || status == 304)) {
      // RFC 9110 §15.3.5, §15.3.6, §15.4.5
      fields.problem(bodies.get(0), "an answer with status " + status + " has no body");
    }
    return new ActionConfig.Respond(status, fields.value(HEADERS), body, fields.optional(DELAY));
  }

  private static ActionConfig.@Nullable Redirect redirect(Fields fields) {
    boolean parts = fields.has(SCHEME) || fields.has(HOST) || fields.has(PORT);
    if (fields.has(TO) == parts) {
      fields
          .reading()
          .problem(
              fields.at(),
              parts
                  ? "redirect has either to, or some of scheme, host and port"
                  : "redirect needs to, or some of scheme, host and port");
      return null;
    }
    return new ActionConfig.Redirect(
        fields.optional(TO),
        fields.optional(SCHEME),
        fields.optional(HOST),
        fields.or(PORT, 0),
        fields.value(REDIRECT_STATUS));
  }

  private static String statusOrClass(String text, String shown) throws Unfit {
    if (!text.matches("[45]([0-9][0-9]|[xX][xX])")) {
      throw new Unfit(shown + " is no status of an error: 400 to 599, 4xx or 5xx");
    }
    return text.toLowerCase(Locale.ROOT);
  }

  private static RouteConfig.ErrorPage page(Path file, Node at, Reading reading) {
    byte[] body = PemFiles.content(file, at, reading);
    String name = file.toString().toLowerCase(Locale.ROOT);
    String type =
        name.endsWith(".html") || name.endsWith(".htm")
            ? "text/html; charset=utf-8"
            : name.endsWith(".json") ? "application/json" : "text/plain; charset=utf-8";
    return new RouteConfig.ErrorPage(file, type, body == null ? new byte[0] : body);
  }
}
