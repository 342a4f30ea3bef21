/** Listeners, request entry, drain. */
@NullMarked
package dev.sluice.gateway.server;

import org.jspecify.annotations.NullMarked;
