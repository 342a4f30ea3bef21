/** Filters of browsers' security protocols. */
@NullMarked
package dev.sluice.gateway.filter.security;

import org.jspecify.annotations.NullMarked;
