package dev.sluice.gateway.upstream;

import org.jspecify.annotations.Nullable;

/**
 * What a {@link Picker} may look at. Filled by the attempt loop, used again for each attempt of an
 * exchange.
 */
public interface PickContext {
  /**
   * The request's hash key for a ring hash; null when the request lacks it (the picker then takes
   * chance).
   */
  @Nullable String hashKey();

  /** The endpoint label that a sticky cookie asks for; null without one. */
  @Nullable String sticky();

  /**
   * Whether this exchange has tried the endpoint already; tried ones are picked again only when
   * nothing else is left.
   */
  boolean tried(Endpoint endpoint);
}
