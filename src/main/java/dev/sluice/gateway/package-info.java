/** The gateway process: start, stop, signals. */
@NullMarked
package dev.sluice.gateway;

import org.jspecify.annotations.NullMarked;
