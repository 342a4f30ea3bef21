package dev.sluice.gateway.config;

import io.vertx.core.json.JsonObject;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The language as a JSON Schema (draft 2020-12), for editors; made from the description that the
 * reader uses.
 */
public final class JsonSchema {
  private JsonSchema() {}

  /** The schema, pretty printed, with descriptions, defaults and ranges. */
  public static String json() {
    Map<String, Object> definitions = new LinkedHashMap<>();
    Map<String, Object> root = new LinkedHashMap<>();
    root.put("$schema", "https://json-schema.org/draft/2020-12/schema");
    root.put("title", "Sluice configuration, version 1");
    root.putAll(GatewayBlock.BLOCK.object(definitions));
    root.put("$defs", definitions);
    return new JsonObject(root).encodePrettily() + "\n";
  }
}
