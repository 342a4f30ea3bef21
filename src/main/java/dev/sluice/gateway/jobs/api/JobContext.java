package dev.sluice.gateway.jobs.api;

import dev.sluice.gateway.offload.Kind;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/** One run of a job. Any thread. */
public interface JobContext {
  /** Of an asynchronous job its id, otherwise that of the request. */
  String id();

  /** What the route's {@code with} says. */
  Map<String, @Nullable Object> settings();

  /** Bytes that the result may have. */
  long maxResult();

  /** What is left until the run is given up. */
  Duration left();

  /** Whether it was given up; its thread is interrupted then. */
  boolean cancelled();

  /**
   * Told when it is given up, on a thread of its own. The run's thread is interrupted when this has
   * returned, or after a second.
   */
  void onCancel(Runnable handler);

  /** How far it is, 0 to 1; what is less than before is ignored. */
  void progress(double share);

  /**
   * Gives a part of the work to a pool, under this run's deadline; it is given up when the run ends
   * before it.
   *
   * @param kind {@code CPU} or {@code BLOCKING}
   */
  <R> Part<R> start(Kind kind, Callable<R> work);

  /**
   * Calls an upstream that the route's job names, with its retries, breaker and budget, under this
   * run's deadline.
   *
   * @return the answer whatever its status; fails with {@link dev.sluice.gateway.failure.Failed}
   */
  Future<Answer> call(String upstream, Call call);

  /**
   * The outcome of a future that comes from elsewhere.
   *
   * @throws IllegalStateException at once on an event loop
   */
  <R> R await(Future<R> future) throws Exception;

  /** A part under way. */
  interface Part<R> {
    /**
     * Waits for its outcome.
     *
     * @throws IllegalStateException at once on an event loop
     * @throws Exception what the work threw
     */
    R await() throws Exception;

    /** Its outcome without waiting. */
    Future<R> future();

    /** Gives it up. */
    void cancel();
  }

  /**
   * A call.
   *
   * @param path with its query
   * @param body null for none
   */
  record Call(String method, String path, Map<String, String> headers, @Nullable Content body) {
    public Call {
      headers = Map.copyOf(headers);
    }

    /** {@code GET} without headers. */
    public static Call get(String path) {
      return new Call("GET", path, Map.of(), null);
    }
  }

  /** An answer; of several headers of one name the last. */
  record Answer(int status, Map<String, String> headers, Content body) {
    public Answer {
      headers = Map.copyOf(headers);
    }
  }
}
