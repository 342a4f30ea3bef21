package dev.sluice.gateway.admin;

import com.github.difflib.DiffUtils;
import com.github.difflib.UnifiedDiffUtils;
import dev.sluice.gateway.config.RoutingText;
import dev.sluice.gateway.rollout.Draft;
import dev.sluice.gateway.rollout.Outcome;
import dev.sluice.gateway.rollout.Rollout;
import dev.sluice.gateway.rollout.Version;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.BodyHandler;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The routing part in the database: reading it, putting a new version, what changed, and back.
 * Confined to the admin verticle's loop.
 *
 * @param rollout null when the routing part stands in the node's files
 */
record ConfigApi(@Nullable Rollout rollout) {
  /** Of a routing part, in bytes. */
  static final long MAX_TEXT = 16L << 20;

  private static final int MAX_WORDS = 2_000;
  private static final int MOST_VERSIONS = 1_000;
  private static final int VERSIONS = 50;
  private static final int CONTEXT_LINES = 3;

  void paths(Router router) {
    router.get("/config").handler(c -> with(c, this::read));
    router.put("/config").handler(ConfigApi::asItIs);
    router
        .put("/config")
        .handler(BodyHandler.create(false).setBodyLimit(MAX_TEXT))
        .handler(c -> with(c, this::put));
    router.get("/config/versions").handler(c -> with(c, ConfigApi::versions));
    router.get("/config/versions/:version").handler(c -> with(c, ConfigApi::version));
    router.get("/config/diff").handler(c -> with(c, ConfigApi::diff));
    router.post("/config/rollback/:version").handler(c -> with(c, this::rollback));
  }

  private void with(RoutingContext context, BiConsumer<RoutingContext, Rollout> step) {
    if (rollout == null) {
      Answers.problem(
          context,
          409,
          "config_source_file",
          "The routing part stands in this node's files; versions need config: {source: database}.");
      return;
    }
    step.accept(context, rollout);
  }

  /** Clients that name no type send one of forms, which would be taken apart. */
  private static void asItIs(RoutingContext context) {
    context.request().headers().remove(HttpHeaders.CONTENT_TYPE);
    context.next();
  }

  private void read(RoutingContext context, Rollout versions) {
    Answers.when(context, versions.active(), active -> text(context, active));
  }

  private static void send(RoutingContext context, Rollout versions, Version version) {
    Answers.when(
        context,
        versions.text(version),
        text -> text(context, RoutingText.of(version.version(), text)));
  }

  private static void text(RoutingContext context, RoutingText routing) {
    context.response().putHeader(HttpHeaders.ETAG, "\"" + routing.version() + "\"");
    String accept = context.request().getHeader(HttpHeaders.ACCEPT);
    if (accept != null && accept.contains("application/json")) {
      aside(context, routing::values, values -> Answers.send(context, 200, values));
    } else {
      Answers.text(context, "application/yaml", routing.text());
    }
  }

  /** What may take seconds with the longest texts; one after the other. */
  private static <T> void aside(RoutingContext context, Callable<T> work, Consumer<T> next) {
    Answers.when(context, context.vertx().executeBlocking(work), next);
  }

  private static void versions(RoutingContext context, Rollout versions) {
    OptionalLong limit = number(context.request().getParam("limit", "" + VERSIONS));
    if (limit.isEmpty() || limit.getAsLong() < 1 || limit.getAsLong() > MOST_VERSIONS) {
      Answers.problem(context, 400, "invalid_input", "limit is a number from 1 to 1000.");
      return;
    }
    Answers.when(
        context,
        versions.list((int) limit.getAsLong()),
        list -> {
          JsonArray all = new JsonArray();
          for (Version version : list) {
            all.add(
                new JsonObject()
                    .put("version", version.version())
                    .put("author", version.author())
                    .put("comment", version.comment())
                    .put("at", version.at().toString())
                    .put("active", all.isEmpty()));
          }
          Answers.send(context, 200, all);
        });
  }

  private static void version(RoutingContext context, Rollout versions) {
    found(
        context,
        versions,
        context.pathParam("version"),
        version -> send(context, versions, version));
  }

  /** Goes on with the version of this number, or says that there is none. */
  private static void found(
      RoutingContext context, Rollout versions, @Nullable String number, Consumer<Version> next) {
    OptionalLong wanted = number(number);
    Future<Optional<Version>> found =
        wanted.isPresent()
            ? versions.find(wanted.getAsLong())
            : Future.succeededFuture(Optional.empty());
    Answers.when(
        context,
        found,
        version ->
            version.ifPresentOrElse(
                next,
                () ->
                    Answers.problem(
                        context, 404, "not_found", "There is no version " + number + ".")));
  }

  private static void diff(RoutingContext context, Rollout versions) {
    String to = context.request().getParam("to");
    if (to == null) {
      Answers.when(
          context,
          versions.newest(),
          newest -> diff(context, versions, newest.map(Version::version).orElse(0L).toString()));
    } else {
      diff(context, versions, to);
    }
  }

  private static void diff(RoutingContext context, Rollout versions, String to) {
    found(
        context,
        versions,
        to,
        newer -> {
          String from = context.request().getParam("from", "" + (newer.version() - 1));
          if (from.equals("0")) {
            Answers.when(
                context,
                versions.text(newer),
                text -> unified(context, RoutingText.EMPTY, RoutingText.of(newer.version(), text)));
            return;
          }
          found(
              context,
              versions,
              from,
              older ->
                  Answers.when(
                      context,
                      Future.all(versions.text(older), versions.text(newer)),
                      both ->
                          unified(
                              context,
                              RoutingText.of(older.version(), both.resultAt(0)),
                              RoutingText.of(newer.version(), both.resultAt(1)))));
        });
  }

  private static void unified(RoutingContext context, RoutingText from, RoutingText to) {
    aside(
        context,
        () -> unified(from, to),
        text -> Answers.text(context, "text/plain; charset=utf-8", text));
  }

  private static String unified(RoutingText from, RoutingText to) {
    List<String> before = from.text().lines().toList();
    List<String> lines =
        UnifiedDiffUtils.generateUnifiedDiff(
            from.label(),
            to.label(),
            before,
            DiffUtils.diff(before, to.text().lines().toList()),
            CONTEXT_LINES);
    return lines.isEmpty() ? "" : String.join("\n", lines) + "\n";
  }

  private void put(RoutingContext context, Rollout versions) {
    if (unfit(context, Set.of("check", "author", "comment"))) {
      return;
    }
    String text;
    try {
      text = text(context.body().buffer());
    } catch (CharacterCodingException e) {
      Answers.problem(context, 400, "invalid_input", "The routing part is not UTF-8.");
      return;
    }
    if (text.isBlank()) {
      Answers.problem(
          context,
          400,
          "invalid_input",
          "The routing part is missing; an empty one is routes: [].");
      return;
    }
    if (context.request().params().contains("check")) {
      if (!Set.of("", "true").contains(context.request().getParam("check"))) {
        Answers.problem(context, 400, "invalid_input", "check is there or not; it has no value.");
        return;
      }
      Answers.when(
          context,
          versions.check(text),
          problems -> {
            if (problems.isEmpty()) {
              Answers.send(context, 200, new JsonObject().put("good", true));
            } else {
              refused(context, problems);
            }
          });
      return;
    }
    put(context, versions, text, "");
  }

  private static String text(@Nullable Buffer body) throws CharacterCodingException {
    return body == null
        ? ""
        : StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(body.getBytes())).toString();
  }

  /** What nobody knows may have been meant to keep this from changing all nodes. */
  private static boolean unfit(RoutingContext context, Set<String> known) {
    Set<String> unknown = new TreeSet<>(context.queryParams().names());
    unknown.removeAll(known);
    if (unknown.isEmpty()) {
      return false;
    }
    Answers.problem(
        context,
        400,
        "invalid_input",
        "unknown parameter "
            + String.join(", ", unknown)
            + "; there are "
            + String.join(", ", new TreeSet<>(known))
            + ".");
    return true;
  }

  private void put(RoutingContext context, Rollout versions, String text, String standard) {
    HttpServerRequest request = context.request();
    String author = request.getParam("author", "");
    String comment = request.getParam("comment", standard);
    if (author.length() + comment.length() > MAX_WORDS || (author + comment).indexOf('\0') >= 0) {
      Answers.problem(context, 400, "invalid_input", "author and comment are too long.");
      return;
    }
    String match = request.getHeader(HttpHeaders.IF_MATCH);
    Long follows = null;
    if (match != null && !match.trim().equals("*")) {
      OptionalLong expected = number(match.trim().replace("\"", ""));
      if (expected.isEmpty()) {
        Answers.problem(context, 400, "invalid_input", "If-Match is a version, as \"7\".");
        return;
      }
      follows = expected.getAsLong();
    }
    Answers.when(
        context,
        versions.put(new Draft(text, author, comment, follows)),
        outcome -> answer(context, outcome));
  }

  private static void answer(RoutingContext context, Outcome outcome) {
    switch (outcome) {
      case Outcome.Taken taken -> {
        context.response().putHeader(HttpHeaders.ETAG, "\"" + taken.version() + "\"");
        Answers.send(context, 200, new JsonObject().put("version", taken.version()));
      }
      case Outcome.Refused refused -> refused(context, refused.problems());
      case Outcome.Stale stale ->
          Answers.problem(
              context, 412, "config_changed", "Version " + stale.active() + " is active by now.");
      case Outcome.Busy busy ->
          Answers.problem(context, 409, "config_busy", "Another change is under way; try again.");
      case Outcome.Silent silent ->
          Answers.problem(
              context,
              503,
              "config_node_silent",
              "Nothing has changed: no word from " + String.join(", ", silent.nodes()) + ".");
    }
  }

  private static void refused(RoutingContext context, List<String> problems) {
    Answers.problem(
        context,
        400,
        "config_refused",
        problems.size() == 1 ? "1 problem" : problems.size() + " problems",
        new JsonObject().put("errors", new JsonArray(problems)));
  }

  private void rollback(RoutingContext context, Rollout versions) {
    if (unfit(context, Set.of("author", "comment"))) {
      return;
    }
    found(
        context,
        versions,
        context.pathParam("version"),
        version ->
            Answers.when(
                context,
                versions.text(version),
                text -> put(context, versions, text, "rollback to " + version.version())));
  }

  private static OptionalLong number(@Nullable String text) {
    try {
      return text == null ? OptionalLong.empty() : OptionalLong.of(Long.parseLong(text));
    } catch (NumberFormatException none) {
      return OptionalLong.empty();
    }
  }
}
