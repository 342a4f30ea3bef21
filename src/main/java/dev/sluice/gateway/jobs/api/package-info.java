/** What a job of one's own is made of; docs/jobs.md shows one. */
@NullMarked
package dev.sluice.gateway.jobs.api;

import org.jspecify.annotations.NullMarked;
