/** The forwarding action: attempt loop, streaming, replay, upgrades. */
@NullMarked
package dev.sluice.gateway.proxy;

import org.jspecify.annotations.NullMarked;
