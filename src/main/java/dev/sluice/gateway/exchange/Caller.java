package dev.sluice.gateway.exchange;

/**
 * Who asks.
 *
 * @param address the client's address in text form: the peer, or what trusted proxies say
 * @param scheme "https" or "http" as the client sees it
 * @param trusted whether the peer is a trusted proxy, so that its forwarded headers and request id
 *     count
 */
public record Caller(String address, String scheme, boolean trusted) {}
