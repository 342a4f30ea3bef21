package dev.sluice.gateway.exchange;

import org.jspecify.annotations.Nullable;

/**
 * The request's body as templates see it: JSON, or nothing.
 *
 * @param json maps, lists, strings, numbers, booleans, null
 */
public record TemplateBody(@Nullable Object json) {
  /** For templates that do not ask for the body. */
  public static final TemplateBody NONE = new TemplateBody(null);

  /**
   * Reads the body.
   *
   * @throws dev.sluice.gateway.failure.Failed {@code BAD_REQUEST} when it is not JSON
   */
  public static TemplateBody parse(byte[] octets) {
    return new TemplateBody(TemplateJson.parse(octets));
  }
}
