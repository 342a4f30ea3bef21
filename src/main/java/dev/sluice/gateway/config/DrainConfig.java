package dev.sluice.gateway.config;

import java.time.Duration;

/**
 * How a node leaves.
 *
 * @param delay from readiness off to the closing of the listeners; default 5 s
 * @param timeout for exchanges in flight after that; default 30 s
 */
public record DrainConfig(Duration delay, Duration timeout) {}
