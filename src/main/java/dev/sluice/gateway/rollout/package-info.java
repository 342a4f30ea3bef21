/** One routing part for all nodes that share a database: its versions, and how they come to all. */
@NullMarked
package dev.sluice.gateway.rollout;

import org.jspecify.annotations.NullMarked;
