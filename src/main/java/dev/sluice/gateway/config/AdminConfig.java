package dev.sluice.gateway.config;

import org.jspecify.annotations.Nullable;

/**
 * The admin listener.
 *
 * @param address default 127.0.0.1
 * @param port default 9901; 0 is any free one
 * @param token needed (with each request but those to {@code /health}, as a bearer token) beyond
 *     loopback
 */
public record AdminConfig(String address, int port, @Nullable Secret token) {}
