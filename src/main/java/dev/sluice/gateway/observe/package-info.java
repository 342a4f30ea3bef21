/** Metrics, access log and tracing; reads an exchange, changes nothing. */
@NullMarked
package dev.sluice.gateway.observe;

import org.jspecify.annotations.NullMarked;
