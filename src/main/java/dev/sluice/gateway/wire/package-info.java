/** The few Netty handlers that no public API of Vert.x replaces. */
@NullMarked
package dev.sluice.gateway.wire;

import org.jspecify.annotations.NullMarked;
