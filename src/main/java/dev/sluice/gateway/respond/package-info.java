/** The actions that answer without an upstream: respond and redirect. */
@NullMarked
package dev.sluice.gateway.respond;

import org.jspecify.annotations.NullMarked;
