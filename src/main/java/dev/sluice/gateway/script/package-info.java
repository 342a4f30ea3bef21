/** Polyglot filters and actions. */
@NullMarked
package dev.sluice.gateway.script;

import org.jspecify.annotations.NullMarked;
