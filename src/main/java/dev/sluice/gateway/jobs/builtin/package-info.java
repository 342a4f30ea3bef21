/** The jobs that come with the gateway. */
@NullMarked
package dev.sluice.gateway.jobs.builtin;

import org.jspecify.annotations.NullMarked;
