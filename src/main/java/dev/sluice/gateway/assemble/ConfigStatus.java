package dev.sluice.gateway.assemble;

import dev.sluice.gateway.config.Problem;
import java.time.Instant;
import java.util.List;

/**
 * What became of the configuration: for {@code GET /config/status}.
 *
 * @param version of the snapshot that serves
 * @param hash of its files
 * @param since when it has been serving
 * @param lastAttempt when a load was tried last
 * @param lastGood whether that one was taken
 * @param problems of the last load, when it was refused
 * @param warnings of the snapshot that serves
 * @param waiting parts that changed but need a restart
 */
public record ConfigStatus(
    long version,
    String hash,
    Instant since,
    Instant lastAttempt,
    boolean lastGood,
    List<Problem> problems,
    List<String> warnings,
    List<String> waiting) {
  public ConfigStatus {
    problems = List.copyOf(problems);
    warnings = List.copyOf(warnings);
    waiting = List.copyOf(waiting);
  }

  /** The same, after another look that found nothing new. */
  ConfigStatus unchanged(Instant now) {
    return new ConfigStatus(version, hash, since, now, true, List.of(), warnings, waiting);
  }
}
