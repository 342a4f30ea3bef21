package dev.sluice.gateway.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.assemble.Checks;
import dev.sluice.gateway.jobs.JobRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A directory with configuration files, and what the loader says to them. */
final class Config {
  static final String LISTENER = "listeners: {web: {port: 8080}}\n";

  private final Path directory;
  private final Map<String, String> environment = new HashMap<>();

  Config(Path directory) {
    this.directory = directory;
  }

  Config file(String name, String content) {
    return file(name, content.getBytes(java.nio.charset.StandardCharsets.UTF_8));
  }

  Config file(String name, byte[] content) {
    try {
      Path path = directory.resolve(name);
      Files.createDirectories(path.getParent());
      Files.write(path, content);
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Config variable(String name, String value) {
    environment.put(name, value);
    return this;
  }

  ConfigLoader.Result load() {
    return new ConfigLoader(environment::get).load(directory.resolve("sluice.yaml"));
  }

  ConfigLoader.Result load(String main) {
    return file("sluice.yaml", main).load();
  }

  GatewayConfig good(String main) {
    ConfigLoader.Result result = load(main);
    assertThat(result).as(() -> rendered(result)).isInstanceOf(ConfigLoader.Result.Loaded.class);
    return ((ConfigLoader.Result.Loaded) result).config();
  }

  /** Its problems as {@code file:line:column: message}, the directory left out. */
  List<String> problems(String main) {
    return problems(load(main));
  }

  /** The same after everything has been compiled on trial, as {@code sluice check} does. */
  List<String> checked(String main) {
    ConfigLoader.Result result = load(main);
    return result instanceof ConfigLoader.Result.Loaded loaded
        ? lines(Checks.problems(loaded, JobRegistry.load(loaded.config().jobs())))
        : problems(result);
  }

  List<String> problems(ConfigLoader.Result result) {
    return switch (result) {
      case ConfigLoader.Result.Loaded loaded -> List.of();
      case ConfigLoader.Result.Invalid invalid -> lines(invalid.problems());
    };
  }

  private List<String> lines(List<Problem> problems) {
    return problems.stream()
        .map(problem -> problem.position() + ": " + problem.message())
        .map(line -> line.replace(directory + "/", ""))
        .toList();
  }

  private static String rendered(ConfigLoader.Result result) {
    return result instanceof ConfigLoader.Result.Invalid invalid
        ? String.join("\n", invalid.problems().stream().map(Problem::render).toList())
        : "";
  }
}
