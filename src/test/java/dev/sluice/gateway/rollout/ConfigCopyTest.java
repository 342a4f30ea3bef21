package dev.sluice.gateway.rollout;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.config.RoutingText;
import dev.sluice.gateway.rollout.ConfigTable.Mark;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigCopyTest {
  private static final Mark MARK = new Mark(7, "a-change");
  private static final RoutingText ROUTING = RoutingText.of(7, "routes: []\n");

  @TempDir private Path folder;

  @Test
  void whatIsKeptIsReadAgainAndNothingElseIsLeft() throws IOException {
    ConfigCopy copy = new ConfigCopy(folder, "POSTGRES://db:5432/prod");
    assertThat(copy.read()).isEmpty();
    copy.write(RoutingText.of(6, "old"), new Mark(6, "before"));
    copy.write(ROUTING, MARK);
    assertThat(copy.read()).contains(new FirstVersion(ROUTING, MARK, null));
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files).containsExactly(copy.file());
    }
  }

  @Test
  void theCopyOfAnotherDatabaseIsNone() {
    new ConfigCopy(folder, "POSTGRES://db:5432/staging").write(ROUTING, MARK);
    assertThat(new ConfigCopy(folder, "POSTGRES://db:5432/prod").read()).isEmpty();
  }

  @Test
  void whatCannotBeReadIsNone() throws IOException {
    ConfigCopy copy = new ConfigCopy(folder, "POSTGRES://db:5432/prod");
    copy.write(ROUTING, MARK);
    Files.writeString(copy.file(), Files.readString(copy.file()).substring(0, 20));
    assertThat(copy.read()).isEmpty();
  }
}
