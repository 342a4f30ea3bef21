package dev.sluice.gateway.proxy;

/**
 * What a route says about WebSockets, worked out once when the configuration loads.
 *
 * @param pingNanos between the gateway's pings on each leg
 * @param misses unanswered pings that end the socket
 * @param maxFrameBytes larger frames end the socket with 1009
 * @param idleNanos no frame of any kind either way ends it
 * @param control reaches beneath a socket
 */
public record WebSocketPlan(
    long pingNanos, int misses, int maxFrameBytes, long idleNanos, SocketControl control) {}
