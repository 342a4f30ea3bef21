package dev.sluice.gateway.exchange;

import dev.sluice.gateway.config.ListenerConfig;

/**
 * The listener that an exchange came through.
 *
 * @param config its settings
 * @param index its place in the configuration, from 0
 */
public record Ingress(ListenerConfig config, int index) {
  /** Whether clients speak TLS to it. */
  public boolean secure() {
    return config.tls() != null;
  }
}
