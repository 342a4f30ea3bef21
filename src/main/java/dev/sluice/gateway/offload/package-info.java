/** Jobs to worker verticles over the event bus. */
@NullMarked
package dev.sluice.gateway.offload;

import org.jspecify.annotations.NullMarked;
