package dev.sluice.gateway.assemble;

import dev.sluice.gateway.config.UpstreamConfig;
import dev.sluice.gateway.upstream.LiveUpstream;
import dev.sluice.gateway.upstream.Upstream;
import dev.sluice.gateway.upstream.UpstreamFactory;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/**
 * Brings upstreams into service and takes over those that did not change, with their pools,
 * breakers and health.
 */
public final class Upstreams {
  private final UpstreamFactory factory;

  public Upstreams(UpstreamFactory factory) {
    this.factory = factory;
  }

  /**
   * The upstream for this configuration: the one that serves already when nothing about it changed.
   */
  Upstream take(UpstreamConfig config, @Nullable Snapshot before) {
    Upstream known = before == null ? null : before.upstreams().get(config.name());
    return known != null && known.config().equals(config) ? known : factory.open(config);
  }

  /** Closes those that {@code kept} does not use. */
  void close(Collection<Upstream> upstreams, @Nullable Snapshot kept) {
    for (Upstream upstream : upstreams) {
      if ((kept == null || kept.upstreams().get(upstream.name()) != upstream)
          && upstream instanceof LiveUpstream live) {
        live.close();
      }
    }
  }
}
