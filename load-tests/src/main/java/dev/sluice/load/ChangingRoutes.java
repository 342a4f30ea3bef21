package dev.sluice.load;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** Two routes and an upstream that are other ones in each round. */
final class ChangingRoutes {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String FILE = "reload.yaml";

  private ChangingRoutes() {}

  private static ObjectNode of(int round) {
    ObjectNode all = JSON.createObjectNode();
    ObjectNode upstream = all.putObject("upstreams").putObject("load-changing");
    upstream.put("embedded", "echo").putObject("pool").put("connections", 64 + round % 8);
    ObjectNode answer = all.putArray("routes").addObject();
    answer.put("name", "load-changing").putObject("match").put("path", "/load/changing");
    answer.putObject("respond").put("text", String.valueOf(round));
    ObjectNode forwarded = all.withArray("routes").addObject();
    forwarded.put("name", "load-forwarded").putObject("match").put("path", "/load/forwarded");
    forwarded.put("upstream", "load-changing").putObject("rewrite").put("path", "/echo");
    return all;
  }

  /** A routing part (JSON) with those of this round in it. */
  static String within(String routing, int round) {
    try {
      ObjectNode all = (ObjectNode) JSON.readTree(routing);
      ObjectNode ours = of(round);
      all.withObject("/upstreams").setAll((ObjectNode) ours.get("upstreams"));
      all.withArray("/routes").addAll(ours.withArray("routes"));
      return all.toString();
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Writes them beside the files that the gateway includes, whole or not at all. */
  static void write(int round) {
    Path folder = Path.of(Given.folder());
    try {
      Path draft = folder.resolve(FILE + ".draft");
      Files.writeString(draft, of(round).toString()); // JSON is YAML, too
      Files.move(draft, folder.resolve(FILE), StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Takes the file away again. */
  static void remove() {
    try {
      Files.deleteIfExists(Path.of(Given.folder()).resolve(FILE));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
