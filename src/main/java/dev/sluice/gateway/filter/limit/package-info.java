/** Filters that bound what a client may send. */
@NullMarked
package dev.sluice.gateway.filter.limit;

import org.jspecify.annotations.NullMarked;
