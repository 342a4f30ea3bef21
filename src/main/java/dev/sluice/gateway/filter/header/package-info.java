/** Filters that change headers. */
@NullMarked
package dev.sluice.gateway.filter.header;

import org.jspecify.annotations.NullMarked;
