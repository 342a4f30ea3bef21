package dev.sluice.gateway.failure;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;

final class FailuresDocumentTest {
  @Test
  void theDocumentListsEveryFailureAsItIs() throws IOException {
    List<String> documented =
        Files.readAllLines(Path.of("docs/failures.md")).stream()
            .filter(line -> line.startsWith("| `"))
            .toList();
    List<String> expected = Arrays.stream(Failure.values()).map(FailuresDocumentTest::row).toList();
    assertThat(documented).isEqualTo(expected);
  }

  private static String row(Failure failure) {
    return "| `%s` | %s | %d | %s | %d |"
        .formatted(
            failure.reason(),
            failure.source().name().toLowerCase(Locale.ROOT),
            failure.status(),
            failure.retry().name().toLowerCase(Locale.ROOT),
            failure.grpcStatus());
  }
}
