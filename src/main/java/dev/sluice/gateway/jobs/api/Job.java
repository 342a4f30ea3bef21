package dev.sluice.gateway.jobs.api;

import dev.sluice.gateway.offload.Kind;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Work that a route may ask for: a class with a public constructor without arguments, named in
 * {@code META-INF/services/dev.sluice.gateway.jobs.api.Job} of its jar. One instance serves all
 * runs, at once and on any thread.
 *
 * @param <I> the input: {@link Content} for the request's body as it is, otherwise a class that
 *     JSON is bound to, best a record
 * @param <O> the output: {@link Content} for what is answered as it is, otherwise what becomes
 *     JSON; for {@link Kind#LOOP} a {@link io.vertx.core.Future} of one of these
 */
public interface Job<I, O> {
  /** A schema that takes everything. */
  String ANYTHING = "{}";

  /** A schema for jobs without settings. */
  String NOTHING = "{\"type\": \"object\", \"additionalProperties\": false}";

  /** Its name in configurations: lower-case words with hyphens. */
  String name();

  /** Where it runs. */
  Kind kind();

  /** What its input is read into. */
  Class<I> input();

  /** JSON Schema (2020-12) of its input; not asked when that is {@link Content}. */
  default String inputSchema() {
    return ANYTHING;
  }

  /** JSON Schema (2020-12) of its settings, {@code with} in a configuration. */
  default String settingsSchema() {
    return NOTHING;
  }

  /**
   * Looks at settings that fit the schema, when a configuration is read.
   *
   * @throws IllegalArgumentException one sentence for the user when they make no sense
   */
  default void check(Map<String, @Nullable Object> settings) {}

  /**
   * Looks at an input before it is taken, on any thread; returns soon.
   *
   * @throws dev.sluice.gateway.failure.Failed {@code INVALID_INPUT} for what cannot be done
   */
  default void accept(I input, Map<String, @Nullable Object> settings) {}

  /**
   * Does it. An interrupt means that it was given up: clean up and end.
   *
   * @throws dev.sluice.gateway.failure.Failed for an answer of one's choice, such as {@code
   *     INVALID_INPUT}
   * @throws Exception anything else is logged and answered with {@code job_failed}
   */
  O run(I input, JobContext context) throws Exception;

  /** The gateway stops. */
  default void close() {}
}
