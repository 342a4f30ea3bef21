package dev.sluice.gateway.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who may use the files of an embedded server, and what becomes of a server left over in them. */
class DataFolderTest {
  private static final String PID_FILE = "server.pid";

  @TempDir private Path folder;
  private Path data;

  @BeforeEach
  void inUse() throws IOException {
    data = Files.createDirectories(folder.resolve("data/main"));
  }

  private static Process server() throws IOException {
    return new ProcessBuilder("sleep", "600").start();
  }

  @Test
  void oneGatewayHasThemAtATime() throws IOException {
    DataFolder first = DataFolder.take(data, PID_FILE, "sleep");
    Process server = server();
    try {
      Files.writeString(data.resolve(PID_FILE), server.pid() + "\n");
      assertThatThrownBy(() -> DataFolder.take(data, PID_FILE, "sleep"))
          .isInstanceOf(IOException.class)
          .hasMessage("process %d is using the files in %s", ProcessHandle.current().pid(), data);
      assertThat(server.isAlive()).as("its server is left alone").isTrue();
    } finally {
      server.destroyForcibly();
    }
    DataFolder.release(first);
    DataFolder.release(DataFolder.take(data, PID_FILE, "sleep"));
  }

  @Test
  void aServerThatADeadGatewayLeftIsStopped() throws IOException, InterruptedException {
    Process server = server();
    try {
      Files.writeString(data.resolve(PID_FILE), server.pid() + "\nand more\n");
      DataFolder.release(DataFolder.take(data, PID_FILE, "sleep"));
      assertThat(server.waitFor(1, TimeUnit.SECONDS)).isTrue();
    } finally {
      server.destroyForcibly();
    }
  }

  @Test
  void aProcessOfAnotherProgramThatHasItsPidNowIsLeftAlone() throws IOException {
    Process other = server();
    try {
      Files.writeString(data.resolve(PID_FILE), other.pid() + "\n");
      DataFolder.release(DataFolder.take(data, PID_FILE, "postgres"));
      assertThat(other.isAlive()).isTrue();
    } finally {
      other.destroyForcibly();
    }
  }

  @Test
  void aPidFileThatSaysNothingIsNoMatter() throws IOException {
    Files.writeString(data.resolve(PID_FILE), "");
    DataFolder.release(DataFolder.take(data, PID_FILE, "sleep"));
  }
}
