/** The filter chain and the built-in filters. */
@NullMarked
package dev.sluice.gateway.filter;

import org.jspecify.annotations.NullMarked;
