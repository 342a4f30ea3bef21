package dev.sluice.gateway.cli;

import io.vertx.core.json.JsonObject;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code sluice config}: one command for each thing that can be done with versions. */
@Command(
    name = "config",
    description = {
      "The routing part that nodes share through a database (config: {source: database}).",
      "Any node can be asked; a new version is active on all of them or on none."
    },
    synopsisSubcommandLabel = "COMMAND")
final class ConfigCommand implements Runnable {
  @Spec private @Nullable CommandSpec spec;

  /** Without a command: the help, and the code of wrong usage. */
  @Override
  public void run() {
    if (spec != null) {
      throw new CommandLine.ParameterException(spec.commandLine(), "Which command?");
    }
  }

  @Command(name = "get", description = "Prints the active version, or another one.")
  int get(
      @Mixin AdminAddress admin,
      @Option(
              names = "--version",
              paramLabel = "N",
              description = "Another version than the active one.")
          @Nullable Long version) {
    String text =
        admin.query().get(version == null ? "/config" : "/config/versions/" + version).text();
    out().print(text.endsWith("\n") ? text : text + "\n");
    return 0;
  }

  @Command(
      name = "put",
      description = {
        "Makes a file the active version of all nodes, and waits until it is.",
        "What is wrong with it is told with its place; then nothing has changed."
      })
  int put(
      @Mixin AdminAddress admin,
      @Parameters(
              paramLabel = "FILE",
              description = "The routing part as YAML or JSON; - for the standard input.")
          Path file,
      @Mixin Words words,
      @Option(
              names = "--follows",
              paramLabel = "N",
              description = "Refused when another version is active by then.")
          @Nullable Long follows,
      @Option(names = "--check", description = "Only tells what is wrong with it.") boolean check) {
    String target =
        check
            ? "/config?check"
            : "/config" + AdminQuery.query("author", words.author(), "comment", words.comment);
    String[] headers =
        follows == null ? new String[0] : new String[] {"if-match", "\"" + follows + "\""};
    AdminQuery query = admin.query();
    AdminQuery.Answer answer = query.ask("PUT", target, TextFile.read(file), headers);
    if (answer.status() == 400 && !answer.errors().isEmpty()) {
      PrintWriter err = Output.of(spec).err();
      answer.errors().forEach(error -> err.println(named(error, file)));
      err.println(answer.json().getString("detail"));
      return 1;
    }
    query.good(answer);
    out().println(check ? file + " is good" : active(answer));
    return 0;
  }

  @Command(
      name = "diff",
      description = "What changed between two versions; by default the last change.")
  int diff(
      @Mixin AdminAddress admin,
      @Parameters(
              index = "0",
              arity = "0..1",
              paramLabel = "FROM",
              description = "A version; the one before TO when not given.")
          @Nullable Long from,
      @Parameters(
              index = "1",
              arity = "0..1",
              paramLabel = "TO",
              description = "A version; the active one when not given.")
          @Nullable Long to) {
    out()
        .print(
            admin
                .query()
                .get("/config/diff" + AdminQuery.query("from", text(from), "to", text(to)))
                .text());
    return 0;
  }

  @Command(name = "versions", description = "Lists versions, the newest first.")
  int versions(
      @Mixin AdminAddress admin,
      @Option(names = "--limit", paramLabel = "N", defaultValue = "20", description = "How many.")
          int limit) {
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("VERSION", "AT", "AUTHOR", "COMMENT"));
    for (Object each : admin.query().get("/config/versions?limit=" + limit).array()) {
      JsonObject version = (JsonObject) each;
      rows.add(
          List.of(
              version.getLong("version") + (version.getBoolean("active") ? " active" : ""),
              version.getString("at"),
              version.getString("author"),
              version.getString("comment").lines().findFirst().orElse("")));
    }
    Table.lines(rows).forEach(out()::println);
    return 0;
  }

  @Command(
      name = "rollback",
      description = "Makes the text of an earlier version the active one, as a new version.")
  int rollback(
      @Mixin AdminAddress admin,
      @Parameters(paramLabel = "VERSION", description = "The earlier version.") long version,
      @Mixin Words words) {
    AdminQuery query = admin.query();
    AdminQuery.Answer answer =
        query.ask(
            "POST",
            "/config/rollback/"
                + version
                + AdminQuery.query("author", words.author(), "comment", words.comment),
            "");
    if (answer.status() == 400 && !answer.errors().isEmpty()) {
      PrintWriter err = Output.of(spec).err();
      answer.errors().forEach(err::println);
      return 1;
    }
    query.good(answer);
    out().println(active(answer));
    return 0;
  }

  /** Who changes it, and why. */
  static final class Words {
    @Option(
        names = "--author",
        paramLabel = "NAME",
        description = "Who; the user's name when not given.")
    private @Nullable String author;

    @Option(
        names = {"-m", "--comment"},
        paramLabel = "TEXT",
        description = "Why.")
    private @Nullable String comment;

    @Nullable String author() {
      return author == null ? System.getProperty("user.name") : author;
    }
  }

  private static String active(AdminQuery.Answer answer) {
    return "version " + answer.json().getLong("version") + " is active";
  }

  /** The name that the user knows it by, in place of the number it would have had. */
  private static String named(String error, Path file) {
    return error.replaceAll("config@\\d+:", Matcher.quoteReplacement(file + ":"));
  }

  private static @Nullable String text(@Nullable Long number) {
    return number == null ? null : number.toString();
  }

  private PrintWriter out() {
    return Output.of(spec).out();
  }
}
