package dev.sluice.gateway.database;

import dev.sluice.gateway.exchange.Watched;
import io.vertx.core.Vertx;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.pgclient.pubsub.PgSubscriber;
import org.jspecify.annotations.Nullable;

/**
 * Hears {@code NOTIFY} on one channel of PostgreSQL, over a connection of its own that is made
 * again for as long as this is open. What was told while there was none is lost: so each new one
 * counts as a notification too. Any thread.
 */
public final class Listening implements AutoCloseable {
  private static final long LONGEST_PAUSE_MILLIS = 5_000;
  private static final long FIRST_PAUSE_MILLIS = 250;

  private final Vertx vertx;
  private final PgConnectOptions where;
  private final String channel;
  private final Runnable wake;
  private @Nullable PgSubscriber subscriber;
  private boolean closed;

  Listening(Vertx vertx, PgConnectOptions where, String channel, Runnable wake) {
    this.vertx = vertx;
    this.where = where;
    this.channel = channel;
    this.wake = wake;
    connect(0);
  }

  private synchronized void connect(int failures) {
    if (closed) {
      return;
    }
    PgSubscriber made = PgSubscriber.subscriber(vertx, where).reconnectPolicy(Listening::pause);
    made.channel(channel).subscribeHandler(on -> wake.run()).handler(payload -> wake.run());
    subscriber = made;
    // The first connection is not made again by the subscriber itself.
    made.connect()
        .onFailure(cause -> vertx.setTimer(pause(failures), timer -> connect(failures + 1)));
  }

  private static long pause(int failures) {
    return Math.min(LONGEST_PAUSE_MILLIS, FIRST_PAUSE_MILLIS << Math.min(failures, 5));
  }

  @Override
  public synchronized void close() {
    closed = true;
    PgSubscriber open = subscriber;
    if (open != null) {
      Watched.quietly(open.close());
    }
  }
}
