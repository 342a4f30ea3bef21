/**
 * Configuration records in, live objects out; the only place with exhaustive switches over
 * configuration.
 */
@NullMarked
package dev.sluice.gateway.assemble;

import org.jspecify.annotations.NullMarked;
