/** Simulations for Gatling that run against a started gateway, and the command that runs one. */
@NullMarked
package dev.sluice.load;

import org.jspecify.annotations.NullMarked;
