package dev.sluice.gateway.offload;

/** Who counts what the pools do. Called on any thread; returns at once. */
@FunctionalInterface
public interface OffloadMeter {
  /** A task has run. */
  void ran(Kind kind, String task, long queuedNanos, long ranNanos);
}
