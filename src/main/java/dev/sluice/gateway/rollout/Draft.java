package dev.sluice.gateway.rollout;

import org.jspecify.annotations.Nullable;

/**
 * A routing part that is to become a version.
 *
 * @param author empty when that is not said
 * @param comment why; empty when that is not said
 * @param follows the version that must be active; null for any
 */
public record Draft(String text, String author, String comment, @Nullable Long follows) {}
