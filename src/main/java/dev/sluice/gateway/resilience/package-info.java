/** Pure state machines (breaker, budget, backoff, timers) and their settings; no Vert.x type. */
@NullMarked
package dev.sluice.gateway.resilience;

import org.jspecify.annotations.NullMarked;
