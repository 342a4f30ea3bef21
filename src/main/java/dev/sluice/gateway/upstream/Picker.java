package dev.sluice.gateway.upstream;

import org.jspecify.annotations.Nullable;

/**
 * Picks among one fixed set of endpoints; made anew for each change of membership; allocates
 * nothing.
 */
public interface Picker {
  /** An endpoint that may be used now, or null when none may. On the owning loop. */
  @Nullable Endpoint pick(PickContext context);
}
