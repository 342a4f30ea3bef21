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

  /**
   * Gathers several calls into one answer.
   *
   * @param concurrency parts under way at once, at most 32
   * @param parts in the order of the file, 1 to 32
   * @param response a JSON value whose strings are templates; null for every part's body under its
   *     name
   */
  record Compose(Mode mode, int concurrency, List<Part> parts, @Nullable Object response)
      implements ActionConfig {
    public Compose {
      parts = List.copyOf(parts);
    }

    /** What the failure of a part does to the others. */
    public enum Mode {
      /** The first failure of a needed part ends everything. */
      FAIL_FAST,
      /** All run to their end. */
      COLLECT_ALL
    }

    /**
     * One call of a composed answer.
     *
     * @param position file:line:column, for messages
     * @param action where it goes; its path is the part's own
     * @param optional whether the answer can do without it
     * @param otherwise stands for the body of an optional part that failed
     * @param onFailure values for failures, by reason ({@code upstream_timeout}), status ({@code
     *     404}) or class ({@code 5xx})
     * @param timeout null for what the route has left
     */
    public record Part(
        String name,
        String position,
        ActionConfig action,
        Ask ask,
        boolean optional,
        @Nullable Object otherwise,
        Map<String, @Nullable Object> onFailure,
        @Nullable Duration timeout) {
      public Part {
        onFailure = java.util.Collections.unmodifiableMap(new java.util.LinkedHashMap<>(onFailure));
      }

      /** The upstream asked; empty when it asks none. */
      public java.util.Optional<String> upstream() {
        return action instanceof Upstream one
            ? java.util.Optional.of(one.upstream())
            : java.util.Optional.empty();
      }
    }

    /**
     * What a part asks of its upstream.
     *
     * @param path a template, may hold a query
     * @param headers templates by name
     * @param pass names of the client's headers to pass on
     * @param body a JSON value whose strings are templates; null for none
     * @param maxBytes bound of the answer's body
     */
    public record Ask(
        String method,
        String path,
        Map<String, String> headers,
        List<String> pass,
        @Nullable Body body,
        long maxBytes) {
      public Ask {
        headers = java.util.Collections.unmodifiableMap(new java.util.LinkedHashMap<>(headers));
        pass = List.copyOf(pass);
      }

      /** A JSON value, null among them. */
      public record Body(@Nullable Object json) {}
    }
  }

  /**
   * Answers many requests that come as one.
   *
   * @param max elements that are taken; more is refused
   * @param concurrency of them under way at once
   * @param chunk of them begun ahead of the first that is not written, so that memory is bounded
   * @param stopOnFailure whether no further one begins after a status of 400 or more
   * @param maxBytes bound of each answer's body
   */
  record Batch(int max, int concurrency, int chunk, boolean stopOnFailure, long maxBytes)
      implements ActionConfig {}

  /**
   * Answers from a database.
   *
   * @param position file:line:column, for messages
   * @param status of an answer that is none of a failure
   */
  record Sql(String database, String position, Doing doing, int status) implements ActionConfig {
    /** What is done there. */
    public sealed interface Doing {}

    /**
     * One statement.
     *
     * @param params templates
     * @param result null for what the statement gives
     */
    public record Query(String text, List<String> params, @Nullable Result result)
        implements Doing {
      public Query {
        params = List.copyOf(params);
      }
    }

    /** What an answer is made of. */
    public enum Result {
      /** The first row, an object. */
      ROW,
      /** All rows, an array. */
      ROWS,
      /** How many rows changed. */
      COUNT
    }

    /**
     * Several statements of which all happen or none.
     *
     * @param isolation null for the database's own
     * @param respond null for the named rows
     */
    public record Transaction(
        List<Step> steps, @Nullable Isolation isolation, @Nullable Respond respond)
        implements Doing {
      public Transaction {
        steps = List.copyOf(steps);
      }
    }

    /** A JSON value whose strings are templates. */
    public record Respond(@Nullable Object json) {}

    /** How much transactions see of each other. */
    public enum Isolation {
      READ_COMMITTED,
      REPEATABLE_READ,
      SERIALIZABLE
    }

    /**
     * One statement of a transaction.
     *
     * @param as a name for its first row; null for none
     * @param expect rows that it must change or give; null for any
     */
    public record Step(
        String text, List<String> params, @Nullable String as, @Nullable Integer expect) {
      public Step {
        params = List.copyOf(params);
      }
    }

    /**
     * Many rows from a body.
     *
     * @param batch rows of one statement
     * @param atomic whether all are kept or none
     */
    public record Ingest(String table, List<String> columns, int batch, boolean atomic)
        implements Doing {
      public Ingest {
        columns = List.copyOf(columns);
      }
    }
  }

  /**
   * Runs a job.
   *
   * @param position file:line:column of its name, for messages
   * @param timeout of a run; null for the route's
   * @param with its settings: maps, lists, strings, numbers, booleans, null
   * @param withPosition file:line:column of them
   * @param upstreams those that it may call
   */
  record Job(
      String name,
      String position,
      Mode mode,
      @Nullable Duration timeout,
      Map<String, @Nullable Object> with,
      String withPosition,
      List<String> upstreams)
      implements ActionConfig {
    public Job {
      with = java.util.Collections.unmodifiableMap(new java.util.LinkedHashMap<>(with));
      upstreams = List.copyOf(upstreams);
    }

    /** Who waits for its end. */
    public enum Mode {
      /** The client. */
      SYNC,
      /** Nobody: it is asked for later. */
      ASYNC
    }
  }

  /** Shows an asynchronous job, or ends it. */
  record JobView(View view) implements ActionConfig {
    /** What of it. */
    public enum View {
      /** Its state. */
      STATE("state", "", "GET"),
      /** Ends it. */
      CANCEL("cancel", "", "DELETE"),
      /** What came of it. */
      RESULT("result", "/result", "GET"),
      /** Its state as it changes, server-sent events. */
      EVENTS("events", "/events", "GET");

      private final String word;
      private final String suffix;
      private final List<String> methods;

      View(String word, String suffix, String method) {
        this.word = word;
        this.suffix = suffix;
        this.methods = List.of(method);
      }

      /** Its name. */
      public String word() {
        return word;
      }

      /** What follows the job's path. */
      public String suffix() {
        return suffix;
      }

      /** How it is asked. */
      public List<String> methods() {
        return methods;
      }
    }
  }
}
