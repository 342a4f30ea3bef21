/** Users' jobs: registry, store, asynchronous states. */
@NullMarked
package dev.sluice.gateway.jobs;

import org.jspecify.annotations.NullMarked;
