/** The command line. */
@NullMarked
package dev.sluice.gateway.cli;

import org.jspecify.annotations.NullMarked;
