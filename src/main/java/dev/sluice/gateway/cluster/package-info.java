/** Our own nodes: who they are and what they tell each other. */
@NullMarked
package dev.sluice.gateway.cluster;

import org.jspecify.annotations.NullMarked;
