package dev.sluice.gateway.config;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.ReaderException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;

/**
 * Reads YAML files into nodes that know their file, line and column; refuses what is too large or
 * too deep.
 */
final class Documents {
  private static final int LARGEST = 16 << 20;

  private final Reading reading;

  Documents(Reading reading) {
    this.reading = reading;
  }

  /**
   * The file's root map; null when there is none, which has then been reported.
   *
   * @param from where the file is named; null for the first one
   */
  @Nullable MappingNode read(String label, Path path, @Nullable Node from) {
    byte[] content = content(label, path, from);
    if (content == null) {
      return null;
    }
    String text = text(label, path, content);
    if (text == null) {
      return null;
    }
    if (text.isBlank()) {
      reading.problem(label, 1, 1, "the file is empty; a configuration begins with version: 1");
      return null;
    }
    return root(label, text);
  }

  /**
   * The root map of a text that stands in no file; its relative paths are those of {@code base}.
   */
  @Nullable MappingNode parse(String label, Path base, String text) {
    reading.sources().add(label, base, text);
    reading.sources().dependsOnText(label, text);
    if (text.isBlank()) {
      reading.problem(label, 1, 1, "it is empty; one without routes is written routes: []");
      return null;
    }
    return root(label, text);
  }

  private @Nullable MappingNode root(String label, String text) {
    Node root = compose(label, text);
    if (root == null || !new Expansion(reading).bounded(root)) {
      return null;
    }
    return reading.mapping(root, "a map of keys at the top");
  }

  private byte @Nullable [] content(String label, Path path, @Nullable Node from) {
    String trouble;
    reading.sources().watch(path);
    try {
      if (Files.isDirectory(path)) {
        trouble = "is a directory";
      } else if (!Files.exists(path)) {
        trouble = "is not there";
      } else if (!Files.isRegularFile(path) || !Files.isReadable(path)) {
        trouble = "cannot be read";
      } else if (Files.size(path) > LARGEST) {
        trouble = "is larger than 16MiB";
      } else {
        byte[] content = Files.readAllBytes(path);
        reading.sources().depends(path, content);
        return content;
      }
    } catch (IOException e) {
      trouble = "cannot be read";
    }
    if (from == null) {
      reading.sources().add(label, path, "");
      reading.problem(label, 1, 1, "the file " + trouble);
    } else {
      reading.problem(from, "the file " + label + " " + trouble);
    }
    return null;
  }

  /** Strict UTF-8, so that no byte changes its meaning unseen. */
  private @Nullable String text(String label, Path path, byte[] content) {
    CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
    ByteBuffer in = ByteBuffer.wrap(content);
    CharBuffer out = CharBuffer.allocate(content.length + 1);
    CoderResult result = decoder.decode(in, out, true);
    String text = out.flip().toString();
    if (text.startsWith("\ufeff")) {
      text = text.substring(1);
    }
    reading.sources().add(label, path, text);
    if (result.isError()) {
      int line = (int) text.chars().filter(c -> c == '\n').count() + 1;
      String last = text.substring(text.lastIndexOf('\n') + 1);
      reading.problem(
          label, line, last.codePointCount(0, last.length()) + 1, "this byte is not UTF-8");
      return null;
    }
    return text;
  }

  private @Nullable Node compose(String label, String text) {
    LoadSettings settings =
        LoadSettings.builder()
            .setLabel(label)
            .setCodePointLimit(LARGEST)
            .setAllowDuplicateKeys(true)
            .setAllowNonScalarKeys(true)
            .setMaxAliasesForCollections(1_000)
            .build();
    Node first = null;
    try {
      for (Node node : new Compose(settings).composeAllFromString(text)) {
        if (first != null) {
          reading.problem(node, "a second document; a file holds one");
          return null;
        }
        first = node;
      }
      if (first == null) {
        reading.problem(label, 1, 1, "the file is empty; a configuration begins with version: 1");
      }
      return first;
    } catch (MarkedYamlEngineException e) {
      Mark mark = e.getProblemMark().or(e::getContextMark).orElse(null);
      String what = YamlTrouble.explain(e.getProblem(), e.getContext());
      reading.problem(
          label,
          mark == null ? 1 : mark.getLine() + 1,
          mark == null ? 1 : mark.getColumn() + 1,
          what);
    } catch (ReaderException e) {
      String before = text.substring(0, Math.min(text.length(), Math.max(0, e.getPosition())));
      int line = (int) before.chars().filter(c -> c == '\n').count() + 1;
      int column = before.length() - before.lastIndexOf('\n');
      reading.problem(label, line, column, "not YAML: a character that YAML does not allow");
    } catch (YamlEngineException
        | StackOverflowError
        | IllegalArgumentException
        | IndexOutOfBoundsException e) {
      boolean deep = e instanceof StackOverflowError;
      reading.problem(
          label, 1, 1, deep ? "nested too deeply" : YamlTrouble.explain(e.getMessage(), null));
    }
    return null;
  }
}
