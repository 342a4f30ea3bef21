package dev.sluice.gateway.rollout;

import java.time.Instant;

/**
 * A version as the database keeps it.
 *
 * @param version from 1
 * @param change names this attempt at the number: a refused one's number is used again
 * @param author who put it; empty when that was not said
 * @param comment why; empty when that was not said
 * @param at when all nodes took it; when it was proposed, before that
 */
public record Version(long version, String change, String author, String comment, Instant at) {}
