/** One request's life, and the ports that other rooms fill. */
@NullMarked
package dev.sluice.gateway.exchange;

import org.jspecify.annotations.NullMarked;
