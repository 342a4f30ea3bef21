package dev.sluice.gateway.config;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The text of all files of one configuration, for showing the line that a message is about. Values
 * of secrets are masked in it. Filled by one thread; read-only once the loader has returned it.
 */
public final class Sources {
  private record Source(Path path, String[] lines, int order) {}

  private final Map<String, Source> byLabel = new LinkedHashMap<>();
  private final Map<Path, FileMark> files = new LinkedHashMap<>();
  private final Set<String> secrets = new LinkedHashSet<>();
  private final Map<String, String> sockets = new HashMap<>();
  private final Map<String, byte[]> digests = new HashMap<>();

  Sources() {}

  /**
   * A problem at this place, with its line. {@code file} is the name used in {@link
   * RouteConfig#position()}.
   */
  public Problem problem(String file, int line, int column, String message) {
    return new Problem(file, line, column, message, line(file, line));
  }

  /** A problem at {@code file:line:column}, the form of {@link RouteConfig#position()}. */
  public Problem problem(String position, String message) {
    int column = position.lastIndexOf(':');
    int line = column < 0 ? -1 : position.lastIndexOf(':', column - 1);
    if (line < 0) {
      return new Problem(position, 1, 1, message, "");
    }
    return problem(
        position.substring(0, line),
        Integer.parseInt(position.substring(line + 1, column)),
        Integer.parseInt(position.substring(column + 1)),
        message);
  }

  /** {@code file:line:column} of what says that a listener has this socket. */
  public String bound(String address, int port) {
    return sockets.getOrDefault(address + ' ' + port, "");
  }

  void bind(String address, int port, String position) {
    sockets.put(address + ' ' + port, position);
  }

  /** The order in which problems are shown: files as they were read, then lines, then columns. */
  public Comparator<Problem> order() {
    return Comparator.comparingInt(
            (Problem problem) -> {
              Source source = byLabel.get(problem.file());
              return source == null ? Integer.MAX_VALUE : source.order;
            })
        .thenComparingInt(Problem::line)
        .thenComparingInt(Problem::column);
  }

  void add(String label, Path path, String text) {
    byLabel.put(label, new Source(path, text.split("\r\n|\n|\r", -1), byLabel.size()));
  }

  /**
   * A file that is about to be read, or a folder in which files are about to be looked for: what
   * changes from now on has to be read again.
   */
  void watch(Path path) {
    files.computeIfAbsent(path, FileMark::of);
  }

  /** A file that was watched and read; {@code content} goes into the hash. */
  void depends(Path path, byte[] content) {
    digests.put("file " + path, sha256(content));
  }

  /** A text that the configuration depends on. */
  void dependsOnText(String label, String text) {
    digests.put("text " + label, sha256(text.getBytes(StandardCharsets.UTF_8)));
  }

  /** A variable that the configuration depends on. */
  void dependsOnVariable(String name, String value) {
    digests.put("env " + name, sha256(value.getBytes(StandardCharsets.UTF_8)));
  }

  void hide(String secret) {
    if (!secret.isBlank()) {
      secrets.add(secret);
    }
  }

  boolean has(String label) {
    return byLabel.containsKey(label);
  }

  Path path(String label) {
    Source source = byLabel.get(label);
    return source == null ? Path.of("") : source.path;
  }

  List<FileMark> files() {
    return List.copyOf(files.values());
  }

  String hash() {
    MessageDigest digest = newSha256();
    List<String> names = new ArrayList<>(digests.keySet());
    names.sort(null);
    for (String name : names) {
      digest.update(name.getBytes(StandardCharsets.UTF_8));
      digest.update((byte) 0);
      digest.update(digests.getOrDefault(name, new byte[0]));
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  private String line(String label, int line) {
    Source source = byLabel.get(label);
    if (source == null || line < 1 || line > source.lines.length) {
      return "";
    }
    String text = source.lines[line - 1];
    for (String secret : secrets) {
      text = text.replace(secret, "*".repeat(secret.codePointCount(0, secret.length())));
    }
    return text;
  }

  private static byte[] sha256(byte[] content) {
    return newSha256().digest(content);
  }

  private static MessageDigest newSha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
