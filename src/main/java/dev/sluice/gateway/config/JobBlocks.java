package dev.sluice.gateway.config;

import static dev.sluice.gateway.config.Values.BOOLEAN;
import static dev.sluice.gateway.config.Values.count;
import static dev.sluice.gateway.config.Values.duration;
import static dev.sluice.gateway.config.Values.size;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Jobs: the pools that run them, and the action that asks for one. */
final class JobBlocks {
  private static final Key<Integer> THREADS =
      Key.of("threads", count(0, 1_024), "0", "Threads that compute; 0 is one a core.");
  private static final Key<Integer> CPU_QUEUE =
      Key.of("queue", count(0, 1_000_000), "100", "Tasks that may wait for one.");
  private static final Key<Boolean> BACKGROUND =
      Key.of(
          "background",
          BOOLEAN,
          "true",
          "Whether these threads step back whenever an event loop, or any other process, wants the"
              + " core (Linux).");
  private static final Block<JobsConfig.Cpu> CPU_BLOCK =
      new Block<>(
          "cpu pool",
          "Threads for work that computes.",
          List.of(THREADS, CPU_QUEUE, BACKGROUND),
          fields ->
              new JobsConfig.Cpu(
                  fields.value(THREADS), fields.value(CPU_QUEUE), fields.value(BACKGROUND)));

  private static final Key<Boolean> VIRTUAL =
      Key.of("virtual", BOOLEAN, "true", "Whether the threads are virtual.");
  private static final Key<Integer> MAX =
      Key.of("max", count(1, 10_000), "256", "How many at once.");
  private static final Key<Integer> QUEUE =
      Key.of("queue", count(0, 1_000_000), "1000", "How many may wait.");
  private static final Block<JobsConfig.Blocking> BLOCKING_BLOCK =
      new Block<>(
          "blocking pool",
          "Threads for work that waits, for JDBC for instance.",
          List.of(VIRTUAL, MAX, QUEUE),
          fields ->
              new JobsConfig.Blocking(
                  fields.value(VIRTUAL), fields.value(MAX), fields.value(QUEUE)));
  private static final Block<JobsConfig.Loop> LOOP_BLOCK =
      new Block<>(
          "loop pool",
          "Jobs that wait without a thread, on the event loops.",
          List.of(MAX, QUEUE),
          fields -> new JobsConfig.Loop(fields.value(MAX), fields.value(QUEUE)));

  private static final Key<String> PATH =
      Key.of(
          "path",
          Values.LINE.then((text, at, reading) -> path(text.value(), Reading.shown(text))),
          "/jobs",
          "Where asynchronous jobs are asked for: `/jobs/{id}`, `…/result`, `…/events`.");
  private static final Key<String> STORE =
      Key.optional(
          "store",
          ListenerBlock.reference(Names.Kind.DATABASE),
          "The PostgreSQL database that keeps asynchronous jobs; without it they live in memory.");
  private static final Key<JobsConfig.Cpu> CPU =
      Key.of("cpu", CPU_BLOCK, "{}", "The pool of work that computes.");
  private static final Key<JobsConfig.Blocking> BLOCKING =
      Key.of("blocking", BLOCKING_BLOCK, "{}", "The pool of work that blocks its thread.");
  private static final Key<JobsConfig.Loop> LOOP =
      Key.of("loop", LOOP_BLOCK, "{}", "The places of jobs that need no thread.");
  private static final Key<List<String>> USE =
      Key.of("use", Shapes.list(ListenerBlock.POLICY), "[]", "Policies that guard `path`.");
  private static final Key<Duration> KEEP =
      Key.of("keep", duration("1s", "30d"), "1h", "How long an ended job and its result are kept.");
  private static final Key<Integer> BACKLOG =
      Key.of(
          "backlog",
          count(1, 1_000_000),
          "10000",
          "Asynchronous jobs that may wait or run, over all nodes that share a store.");
  private static final Key<Long> MAX_INPUT =
      Key.of("maxInput", size("1B", "256MiB"), "10MiB", "The largest input of a job.");
  private static final Key<Long> MAX_RESULT =
      Key.of("maxResult", size("1B", "256MiB"), "16MiB", "The largest result of a job.");
  private static final Key<Path> PLUGINS =
      Key.optional(
          "plugins",
          PemFiles.PATH
              .then((text, at, reading) -> {
                Path folder = PemFiles.PATH.parser().parse(text, at, reading);
                if (!Files.isDirectory(folder)) {
                  throw new Unfit(Reading.shown(text) + " is no folder");
                }
                return folder;
              })
              .named("folder"),
          "A folder of jars with jobs of your own; without it `plugins` beside the launcher.");

  /** The pools. */
  static final Block<JobsConfig> JOBS =
      new Block<>(
          "jobs",
          "Work off the event loops. A change of all but `path` and `use` needs a restart.",
          List.of(
              PATH, STORE, CPU, BLOCKING, LOOP, USE, KEEP, BACKLOG, MAX_INPUT, MAX_RESULT, PLUGINS),
          fields ->
              new JobsConfig(
                  fields.position(),
                  fields.value(PATH),
                  fields.optional(STORE),
                  fields.value(USE),
                  fields.value(KEEP),
                  fields.value(BACKLOG),
                  fields.value(MAX_INPUT),
                  fields.value(MAX_RESULT),
                  fields.optional(PLUGINS),
                  fields.value(CPU),
                  fields.value(BLOCKING),
                  fields.value(LOOP)));

  private static final Key<String> NAME =
      Key.required(
          "name",
          Values.LINE,
          "Which job: `password-hash`, `thumbnail`, `jdbc-query`, `bulk-fetch`, or one of your own.");
  private static final Key<ActionConfig.Job.Mode> MODE =
      Key.of(
          "mode",
          Values.choice(
              Values.words(
                  Map.entry("sync", ActionConfig.Job.Mode.SYNC),
                  Map.entry("async", ActionConfig.Job.Mode.ASYNC))),
          "sync",
          "`sync`: the answer is the result; `async`: the answer is 202 and where to ask for it.");
  private static final Key<Duration> TIMEOUT =
      Key.optional(
          "timeout",
          duration("1ms", "30d"),
          "How long a run may take; without it the route's timeout.");
  private static final Key<JsonValue> WITH =
      Key.optional("with", JsonValue.SHAPE, "The job's settings, which no client can change.");
  private static final Key<List<String>> UPSTREAMS =
      Key.of(
          "upstreams",
          Shapes.list(ListenerBlock.reference(Names.Kind.UPSTREAM)),
          "[]",
          "Upstreams that the job may call.");

  /** The action. */
  static final Block<ActionConfig.Job> JOB =
      new Block<>(
          "job",
          "Runs a job: work that computes, blocks or takes long.",
          List.of(NAME, MODE, TIMEOUT, WITH, UPSTREAMS),
          JobBlocks::job);

  private JobBlocks() {}

  private static ActionConfig.@Nullable Job job(Fields fields) {
    JsonValue with = fields.optional(WITH);
    Object settings = with == null ? Map.of() : with.value();
    if (!(settings instanceof Map<?, ?> map)) {
      fields.problem(WITH, "with: needs a map of settings");
      return null;
    }
    return new ActionConfig.Job(
        fields.value(NAME),
        Reading.position(fields.at(NAME)),
        fields.value(MODE),
        fields.optional(TIMEOUT),
        text(map),
        Reading.position(fields.at(WITH)),
        fields.value(UPSTREAMS));
  }

  private static Map<String, @Nullable Object> text(Map<?, ?> map) {
    Map<String, @Nullable Object> settings = new java.util.LinkedHashMap<>();
    map.forEach((name, value) -> settings.put(String.valueOf(name), value));
    return settings;
  }

  private static String path(String text, String shown) throws Unfit {
    if (!text.matches("(/[A-Za-z0-9._~-]+)+")) {
      throw new Unfit(shown + " is no plain path such as /jobs");
    }
    return text;
  }

  /**
   * The routes at which asynchronous jobs are asked for.
   *
   * @param wanted whether the file speaks of jobs; otherwise it takes a route that submits some
   */
  static List<RouteConfig> routes(JobsConfig jobs, boolean wanted, List<RouteConfig> routes) {
    boolean none =
        !wanted
            && routes.stream()
                .noneMatch(route ->
                    route.action() instanceof ActionConfig.Job job
                        && job.mode() == ActionConfig.Job.Mode.ASYNC);
    if (none) {
      return List.of();
    }
    List<RouteConfig> own = new ArrayList<>();
    Stream.of(ActionConfig.JobView.View.values())
        .forEach(view ->
            own.add(
                RouteBlock.own(
                    "jobs:" + view.word(),
                    jobs.position(),
                    jobs.path() + "/{id}" + view.suffix(),
                    view.methods(),
                    new ActionConfig.JobView(view),
                    jobs.use())));
    return own;
  }
}
