package dev.sluice.gateway.exchange;

/**
 * A value that a template says is JSON, for who has to know that a text is a JSON string.
 *
 * @param value a map, a list, a string, a number or a boolean
 */
public record JsonValue(Object value) {}
