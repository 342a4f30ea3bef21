/** Our own nodes: membership, shared counters, configuration broadcast. */
@NullMarked
package dev.sluice.gateway.cluster;

import org.jspecify.annotations.NullMarked;
