package dev.sluice.gateway;

import dev.sluice.gateway.config.GatewayConfig;
import dev.sluice.gateway.config.UpstreamConfig;
import dev.sluice.gateway.config.UpstreamConfig.Source;
import java.lang.management.ManagementFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Warns at the start when the process may open fewer files than the configuration can use. */
final class Descriptors {
  private static final Logger LOG = LoggerFactory.getLogger(Descriptors.class);

  /** Jars, libraries, event loops, listeners, logs. */
  private static final long OWN = 256;

  private Descriptors() {}

  static void warnIfFew(GatewayConfig config) {
    long wanted = wanted(config);
    if (ManagementFactory.getOperatingSystemMXBean()
            instanceof com.sun.management.UnixOperatingSystemMXBean unix
        && unix.getMaxFileDescriptorCount() < wanted) {
      LOG.warn(
          "too few file descriptors limit={} wanted={} hint=\"raise ulimit -n\"",
          unix.getMaxFileDescriptorCount(),
          wanted);
    }
  }

  /** Every upstream connection has a client's connection beside it. */
  private static long wanted(GatewayConfig config) {
    long upstream = 0;
    for (UpstreamConfig one : config.routing().upstreams().values()) {
      int endpoints = one.source() instanceof Source.Endpoints given ? given.endpoints().size() : 1;
      long all = (long) endpoints * one.pool().connections();
      upstream += one.pool().total() > 0 ? Math.min(all, one.pool().total()) : all;
    }
    return OWN + 2 * upstream;
  }
}
