package dev.sluice.gateway.testing;

import dev.sluice.gateway.Gateway;
import dev.sluice.gateway.config.ConfigLoader;
import dev.sluice.gateway.config.ConfigLoader.Result;
import dev.sluice.gateway.config.Problem;
import dev.sluice.gateway.takeover.Predecessor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * A whole gateway in this process, from a configuration written in the test. Listeners should say
 * {@code port: 0}; the admin listener gets a free port unless the text names one.
 */
public final class RunningGateway implements AutoCloseable {
  private final Path file;
  private final Gateway gateway;

  private RunningGateway(Path file, Gateway gateway) {
    this.file = file;
    this.gateway = gateway;
  }

  /** Starts one. {@code yaml} needs no version, admin or access log. */
  public static RunningGateway start(String yaml) {
    return start(yaml, Map.of());
  }

  /** Starts one whose configuration sees these variables. */
  public static RunningGateway start(String yaml, Map<String, String> environment) {
    try {
      Path folder = Files.createTempDirectory("sluice");
      Path file = folder.resolve("sluice.yaml");
      Files.writeString(file, complete(yaml));
      ConfigLoader loader = new ConfigLoader(environment::get);
      return switch (loader.load(file)) {
        case Result.Loaded loaded ->
            new RunningGateway(file, Gateway.start(file, loader, loaded, false));
        case Result.Invalid invalid ->
            throw new AssertionError(
                invalid.problems().stream().map(Problem::render).collect(Collectors.joining("\n")));
      };
    } catch (IOException | Gateway.StartFailed e) {
      throw new AssertionError(e);
    }
  }

  /** Starts one with the same configuration that takes the place of a running one. */
  public RunningGateway successor(Predecessor running) throws Gateway.StartFailed {
    ConfigLoader loader = new ConfigLoader(Map.<String, String>of()::get);
    if (loader.load(file) instanceof Result.Loaded loaded) {
      return new RunningGateway(file, Gateway.start(file, loader, loaded, false, running));
    }
    throw new AssertionError("a bad configuration");
  }

  private static String complete(String yaml) {
    StringBuilder all = new StringBuilder();
    if (!yaml.contains("version:")) {
      all.append("version: 1\n");
    }
    if (!yaml.contains("\nadmin:") && !yaml.startsWith("admin:")) {
      all.append("admin: {port: 0}\n");
    }
    if (!yaml.contains("accessLog:")) {
      all.append("accessLog: {enabled: false}\n");
    }
    if (!yaml.contains("drain:")) {
      all.append("drain: {delay: 0ms, timeout: 2s}\n");
    }
    return all.append(yaml).toString();
  }

  /** The port of a listener. */
  public int port(String listener) {
    return gateway.port(listener);
  }

  /** The admin API's port. */
  public int adminPort() {
    return gateway.adminPort();
  }

  /** The gateway itself. */
  public Gateway gateway() {
    return gateway;
  }

  /** The configuration's file. */
  public Path file() {
    return file;
  }

  /** Writes another configuration; the caller reloads or waits for the watch. */
  public void rewrite(String yaml) {
    try {
      Path next = file.resolveSibling("next.yaml");
      Files.writeString(next, complete(yaml));
      Files.move(
          next,
          file,
          java.nio.file.StandardCopyOption.REPLACE_EXISTING,
          java.nio.file.StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** Writes another configuration and takes it into service; true when it was good. */
  public boolean reload(String yaml) {
    rewrite(yaml);
    try {
      return gateway.reload("test").get(30, TimeUnit.SECONDS).lastGood();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public void close() {
    gateway.halt();
  }
}
