package dev.sluice.gateway.cluster;

import io.vertx.core.Future;
import java.time.Instant;
import java.util.List;
import java.util.function.Consumer;

/** A node that has no others. */
public final class SingleNode implements Cluster {
  private final String version;
  private final Instant since;
  private volatile long configVersion;

  public SingleNode(String version, Instant since) {
    this.version = version;
    this.since = since;
  }

  @Override
  public View view() {
    return new View("", State.SINGLE, List.of(new Member("", version, configVersion, since, true)));
  }

  @Override
  public int nodes() {
    return 1;
  }

  @Override
  public boolean silent() {
    return false;
  }

  @Override
  public Channel channel(String name, Consumer<byte[]> heard) {
    return words -> {};
  }

  @Override
  public void serves(long version) {
    configVersion = version;
  }

  @Override
  public Future<Void> leave() {
    return Future.succeededFuture();
  }
}
