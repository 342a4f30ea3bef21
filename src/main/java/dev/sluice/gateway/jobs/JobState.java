package dev.sluice.gateway.jobs;

import dev.sluice.gateway.exchange.TemplateJson;
import dev.sluice.gateway.failure.Failed;
import io.vertx.core.buffer.Buffer;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What is known of an asynchronous job.
 *
 * @param name of what it runs
 * @param progress 0 to 1
 * @param startedAt when its last run began; null before
 * @param endedAt null before
 * @param error null unless it failed
 */
record JobState(
    String id,
    String name,
    Stage stage,
    double progress,
    Instant submittedAt,
    @Nullable Instant startedAt,
    @Nullable Instant endedAt,
    @Nullable Fault error) {

  /** Where it is in its life. */
  enum Stage {
    QUEUED,
    RUNNING,
    DONE,
    FAILED,
    CANCELLED;

    private final String word = name().toLowerCase(Locale.ROOT);

    String word() {
      return word;
    }

    static Stage of(String word) {
      return valueOf(word.toUpperCase(Locale.ROOT));
    }

    /** Whether nothing more happens to it. */
    boolean over() {
      return this == DONE || this == FAILED || this == CANCELLED;
    }
  }

  /** Why it failed: the reason and a sentence. */
  record Fault(String reason, String detail) {
    static Fault of(Failed failed) {
      String words = String.valueOf(failed.getMessage()).replace('\0', ' ');
      return new Fault(failed.failure().reason(), words);
    }
  }

  JobState at(double share) {
    return new JobState(id, name, stage, share, submittedAt, startedAt, endedAt, error);
  }

  /** As clients see it. */
  Buffer json() {
    Map<String, @Nullable Object> fields = new LinkedHashMap<>();
    fields.put("id", id);
    fields.put("name", name);
    fields.put("state", stage.word());
    fields.put("progress", progress);
    fields.put("submittedAt", submittedAt.toString());
    fields.put("startedAt", startedAt == null ? null : startedAt.toString());
    fields.put("endedAt", endedAt == null ? null : endedAt.toString());
    Fault fault = error;
    Map<String, Object> shown = new LinkedHashMap<>();
    if (fault != null) {
      shown.put("reason", fault.reason());
      shown.put("detail", fault.detail());
    }
    fields.put("error", fault == null ? null : shown);
    return Buffer.buffer(TemplateJson.write(fields));
  }
}
