/** Aggregated and batched answers. */
@NullMarked
package dev.sluice.gateway.compose;

import org.jspecify.annotations.NullMarked;
