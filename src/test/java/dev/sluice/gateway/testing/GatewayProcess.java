package dev.sluice.gateway.testing;

import dev.sluice.gateway.Main;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A gateway in a process of its own, with the launcher's flags, ended by its process. */
public final class GatewayProcess implements AutoCloseable {
  private static final long END_SECONDS = 20;
  private static final int START_SECONDS = 60;

  private final Process process;
  private final int port;
  private final Path folder;
  private final Path output;

  private GatewayProcess(Process process, int port, Path folder, Path output) {
    this.process = process;
    this.port = port;
    this.folder = folder;
    this.output = output;
  }

  /**
   * Starts one in {@code folder}; {@code yaml} has {@code %d} where its port goes.
   *
   * @param flags of the JVM, after those that the launcher gives
   */
  public static GatewayProcess start(Path folder, String yaml, String... flags) throws IOException {
    GatewayProcess started = begin(folder, yaml, Ports.free(1).getFirst(), flags);
    started.until("it listens", () -> !started.alive() || started.listens());
    return started;
  }

  /** Starts one at this port, and does not wait for it. What it says is added to its output. */
  public static GatewayProcess begin(Path folder, String yaml, int port, String... flags)
      throws IOException {
    Path file = folder.resolve("sluice.yaml");
    Files.writeString(file, yaml.formatted(port));
    return launch(folder, port, "output", List.of(flags), List.of());
  }

  /**
   * Starts another one with the same configuration, and waits until it serves or has ended.
   *
   * @param output name of the file for what it prints
   * @param arguments of {@code run}
   */
  public GatewayProcess another(String output, String... arguments) throws IOException {
    GatewayProcess next = launch(folder, port, output, List.of(), List.of(arguments));
    next.until("it serves or ends", () -> !next.alive() || next.output().contains("ready in"));
    return next;
  }

  private void until(String otherwise, BooleanSupplier condition) {
    try {
      Gauges.until(otherwise, START_SECONDS, condition);
    } catch (AssertionError late) {
      process.destroyForcibly();
      throw late;
    }
  }

  private static GatewayProcess launch(
      Path folder, int port, String output, List<String> flags, List<String> arguments)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(launched());
    command.addAll(flags);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
    command.addAll(List.of("run", "--config", folder.resolve("sluice.yaml").toString()));
    command.addAll(List.of("--run-folder", folder.resolve("run").toString()));
    command.addAll(arguments);
    Path printed = folder.resolve(output);
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(Redirect.appendTo(printed.toFile()))
            .start();
    return new GatewayProcess(process, port, folder, printed);
  }

  private static List<String> launched() throws IOException {
    Matcher flags =
        Pattern.compile("^JVM_FLAGS=\"([^\"]*)\"", Pattern.MULTILINE)
            .matcher(Files.readString(Path.of("sluice")));
    if (!flags.find()) {
      throw new IllegalStateException("the launcher has no JVM_FLAGS");
    }
    return List.of(flags.group(1).split("\\s+"));
  }

  /** Whether it takes connections. */
  public boolean listens() {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      return socket.isConnected();
    } catch (IOException notYet) {
      return false;
    }
  }

  /** Where it listens. */
  public int port() {
    return port;
  }

  /** Whether it still runs. */
  public boolean alive() {
    return process.isAlive();
  }

  /** Its process. */
  public long id() {
    return process.pid();
  }

  /** Asks it to leave, as SIGTERM does. */
  public void terminate() {
    process.destroy();
  }

  /** What it has printed so far. */
  public String output() {
    try {
      return Files.readString(output);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Waits until it has ended by itself; its exit code. */
  public int ended(int seconds) throws InterruptedException {
    if (!process.waitFor(seconds, TimeUnit.SECONDS)) {
      throw new AssertionError("it still runs: " + output());
    }
    return process.exitValue();
  }

  /** Ends it as {@code kill -9} does. */
  public void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(END_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
