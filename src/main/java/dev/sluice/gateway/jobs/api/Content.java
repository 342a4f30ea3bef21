package dev.sluice.gateway.jobs.api;

/**
 * Bytes and what they are; not copied.
 *
 * @param type a media type; empty when it is not known
 */
public record Content(String type, byte[] bytes) {}
