package dev.sluice.gateway.jobs;

import com.networknt.schema.Error;
import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import dev.sluice.gateway.failure.Failed;
import dev.sluice.gateway.failure.Failure;
import dev.sluice.gateway.jobs.api.Content;
import dev.sluice.gateway.jobs.api.Job;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.DatabindException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Reads a job's input and settings, and writes its output. Immutable; any thread. */
final class JobCodec {
  private static final int SHOWN_FAULTS = 3;
  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .build();
  private static final SchemaRegistry SCHEMAS =
      SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);

  private final Job<Object, Object> job;
  private final Schema input;
  private final Schema settings;

  /**
   * @throws RuntimeException when one of its schemas is none
   */
  @SuppressWarnings("unchecked") // its input is read into the class that it names
  JobCodec(Job<?, ?> job) {
    this.job = (Job<Object, Object>) job;
    this.input = SCHEMAS.getSchema(job.inputSchema(), InputFormat.JSON);
    this.settings = SCHEMAS.getSchema(job.settingsSchema(), InputFormat.JSON);
  }

  Job<Object, Object> job() {
    return job;
  }

  /** Whether the input is taken as it is. */
  boolean raw() {
    return job.input() == (Class<?>) Content.class;
  }

  /**
   * Reads an input.
   *
   * @throws Failed {@code INVALID_INPUT} that names the field
   */
  Object read(Content content) {
    if (raw()) {
      return content;
    }
    try {
      JsonNode tree = MAPPER.readTree(content.bytes());
      if (tree == null || tree.isMissingNode()) {
        throw invalid("the body is empty; it has to be JSON");
      }
      String faults = faults(input, tree);
      if (!faults.isEmpty()) {
        throw invalid(faults);
      }
      return MAPPER.treeToValue(tree, job.input());
    } catch (DatabindException unfit) {
      String where =
          unfit.getPath().stream()
              .map(step -> String.valueOf(step.getPropertyName()))
              .collect(Collectors.joining("."));
      throw invalid(
          (where.isEmpty() ? "the body" : where)
              + " does not fit what job "
              + job.name()
              + " takes");
    } catch (JacksonException malformed) {
      throw invalid("the body is not what job " + job.name() + " takes: " + words(malformed));
    }
  }

  /** What is wrong with settings; empty for nothing. */
  String settingsFaults(Map<String, @Nullable Object> given) {
    String faults = faults(settings, MAPPER.valueToTree(given));
    if (faults.isEmpty()) {
      try {
        job.check(given);
      } catch (IllegalArgumentException fault) {
        return String.valueOf(fault.getMessage());
      }
    }
    return faults;
  }

  /** Writes an output. */
  Content write(@Nullable Object output) {
    return output instanceof Content content
        ? content
        : new Content("application/json", MAPPER.writeValueAsBytes(output));
  }

  private static String faults(Schema schema, JsonNode tree) {
    List<Error> errors = schema.validate(tree);
    return errors.stream()
        .limit(SHOWN_FAULTS)
        .map(error -> {
          String where = error.getInstanceLocation().toString();
          return (where.isEmpty() || where.equals("$")
                  ? ""
                  : where.replaceFirst("^[/$.]+", "") + ": ")
              + error.getMessage();
        })
        .collect(Collectors.joining("; "));
  }

  private static String words(JacksonException malformed) {
    return String.valueOf(malformed.getOriginalMessage()).lines().findFirst().orElse("");
  }

  private static Failed invalid(String words) {
    return new Failed(Failure.INVALID_INPUT, words);
  }
}
