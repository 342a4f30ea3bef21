package dev.sluice.gateway.config;

/** A value that never shows itself: {@link #toString()} is {@code ***}. */
public record Secret(String value) {
  @Override
  public String toString() {
    return "***";
  }
}
