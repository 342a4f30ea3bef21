package dev.sluice.gateway.config;

/**
 * The routing part where it does not stand in the node's files: {@code use}, {@code upstreams},
 * {@code policies} and {@code routes}, as YAML or JSON.
 *
 * @param label in the place of a file's name in messages
 */
public record RoutingText(String label, String text) {
  /** None yet. */
  public static final RoutingText EMPTY = new RoutingText("config@0", "routes: []\n");

  /** Of a version, which is named in messages. */
  public static RoutingText of(long version, String text) {
    return new RoutingText("config@" + version, text);
  }
}
