package dev.sluice.gateway.config;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** What filters that bound clients' requests have in common. */
public final class LimitConfig {
  private LimitConfig() {}

  /** What of a request tells whose it is. */
  public enum KeyKind {
    /** The client's address; of IPv6 its /64. */
    CLIENT_IP,
    /** The route: all of its clients together. */
    ROUTE,
    HEADER,
    COOKIE
  }

  /**
   * Whose a request is.
   *
   * @param name of the header or cookie; null for the others
   */
  public record Key(KeyKind kind, @Nullable String name) {}

  /** Who counts together. */
  public enum Scope {
    /** Each node for itself. */
    NODE,
    /** All nodes of the cluster. */
    CLUSTER
  }

  /** What a limit of the cluster does while a node of it is silent. */
  public enum OnPartition {
    /** Each node lets its share pass. */
    LOCAL,
    /** Nothing passes. */
    REFUSE
  }

  /**
   * What becomes of requests beyond the limit.
   *
   * @param atMost how long one may wait for its turn; zero for not at all
   */
  public record OnLimit(Duration atMost) {
    /** Refused at once. */
    static final OnLimit REJECT = new OnLimit(Duration.ZERO);
  }
}
