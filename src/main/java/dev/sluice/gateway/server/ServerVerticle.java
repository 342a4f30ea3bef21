package dev.sluice.gateway.server;

import dev.sluice.gateway.assemble.Snapshot;
import dev.sluice.gateway.config.ListenerConfig;
import dev.sluice.gateway.exchange.Exchange;
import dev.sluice.gateway.exchange.Ingress;
import dev.sluice.gateway.exchange.Loop;
import dev.sluice.gateway.exchange.Watched;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import io.vertx.core.http.HttpServer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * One serving event loop: its share of every listener, and the snapshot that its requests see.
 * Methods may be called from any thread; the work is done on the loop.
 */
public final class ServerVerticle extends VerticleBase {
  private static final int SWITCHING_PROTOCOLS = 101;
  private static final long GOODBYE_MILLIS = 500;
  private static final long RELEASE_MILLIS = 100;

  private final ConnectionGate gate;
  private final Function<io.vertx.core.Context, Loop> loops;
  private final Map<String, Listener> listeners = new LinkedHashMap<>();
  private final List<Listener> opened = new ArrayList<>();
  private final List<Listener> leaving = new ArrayList<>();
  private final Promise<Loop> ready = Promise.promise();
  private @Nullable Loop loop;
  private @Nullable RequestEntry entry;

  /** Makes one; {@code loops} makes what belongs to its loop, on it. */
  public ServerVerticle(ConnectionGate gate, Function<io.vertx.core.Context, Loop> loops) {
    this.gate = gate;
    this.loops = loops;
  }

  @Override
  public Future<?> start() {
    Loop mine = loops.apply(context);
    loop = mine;
    ready.complete(mine);
    return Future.succeededFuture();
  }

  /** What belongs to this loop. */
  public Future<Loop> loop() {
    return ready.future();
  }

  /**
   * Opens the listeners that are new in this snapshot or need another server; those that serve are
   * not touched. Fails when a port cannot be bound; then {@link #withdraw} closes what could be
   * opened.
   */
  public Future<Void> open(Snapshot snapshot) {
    return onLoop(() -> {
      List<Future<?>> opening = new ArrayList<>();
      int frame = Frames.largest(snapshot);
      for (Ingress ingress : snapshot.ingresses()) {
        Listener known = listeners.get(ingress.config().name());
        if ((known == null || !known.fits(ingress.config(), frame))
            && !displaces(ingress.config())) {
          opening.add(begin(snapshot, ingress, frame));
        }
      }
      return Future.join(opening).mapEmpty();
    });
  }

  private Future<?> begin(Snapshot snapshot, Ingress ingress, int frame) {
    Listener listener = new Listener(vertx, snapshot, ingress, frame, requests(), gate);
    opened.add(listener);
    return listener.listen();
  }

  /** Whether a listener that serves has to free its socket before this one can open. */
  private boolean displaces(ListenerConfig next) {
    return listeners.values().stream().anyMatch(known -> known.inTheWayOf(next));
  }

  /** Closes what {@link #open} opened: the snapshot is not taken. */
  public Future<Void> withdraw() {
    return onLoop(() -> {
      List<Future<?>> closing = new ArrayList<>();
      opened.forEach(listener -> closing.add(listener.close()));
      opened.clear();
      return Future.join(closing).mapEmpty();
    });
  }

  /**
   * Opens and closes a server like each that is to have TLS where there was none: what TLS needs is
   * loaded then, and not while the port that it takes over is closed.
   */
  public Future<Void> warm(Snapshot snapshot) {
    return onLoop(() -> {
      List<Future<?>> warming = new ArrayList<>();
      int frame = Frames.largest(snapshot);
      for (Ingress ingress : snapshot.ingresses()) {
        ListenerConfig config = ingress.config();
        if (config.tls() != null && displaces(config)) {
          HttpServer server = vertx.createHttpServer(ListenerOptions.of(config, frame));
          warming.add(
              server
                  .requestHandler(request -> {})
                  .listen(0, "127.0.0.1")
                  .compose(HttpServer::close));
        }
      }
      return Future.join(warming).transform(done -> Future.succeededFuture());
    });
  }

  /**
   * Frees the sockets that change between TLS and none, or between an address and all of them, for
   * {@link #swap} to open them anew.
   */
  public Future<Void> release(Snapshot snapshot) {
    return onLoop(() -> {
      boolean released = false;
      for (Ingress ingress : snapshot.ingresses()) {
        for (Listener known : List.copyOf(listeners.values())) {
          if (known.inTheWayOf(ingress.config())) {
            listeners.remove(known.name());
            leave(known, Drain.LEAVING_MILLIS);
            released = true;
          }
        }
      }
      // Vert.x does not tell when a socket no longer listens while connections of it go on.
      return released
          ? vertx.timer(RELEASE_MILLIS, TimeUnit.MILLISECONDS).mapEmpty()
          : Future.succeededFuture();
    });
  }

  /** Requests from now on see this snapshot; listeners that it lacks are drained. */
  public Future<Void> swap(Snapshot snapshot, boolean filesChanged) {
    return onLoop(() -> {
      List<Future<?>> updates = new ArrayList<>();
      int frame = Frames.largest(snapshot);
      List<Listener> begun = List.copyOf(opened);
      for (Listener listener : opened) {
        Listener before = listeners.put(listener.name(), listener);
        if (before != null) {
          // Its connections, WebSockets too, end by themselves: the listener is still there for its
          // users.
          leave(
              before,
              before.sameSocket(listener.config()) ? Integer.MAX_VALUE : Drain.LEAVING_MILLIS);
        }
      }
      opened.clear();
      Set<Listener> fresh = new HashSet<>(begun);
      for (Ingress ingress : snapshot.ingresses()) {
        if (!listeners.containsKey(ingress.config().name())) {
          updates.add(begin(snapshot, ingress, frame));
        }
      }
      opened.forEach(listener -> listeners.put(listener.name(), listener));
      fresh.addAll(opened);
      opened.clear();
      for (Listener listener : List.copyOf(listeners.values())) {
        Ingress ingress = snapshot.ingress(listener.name());
        if (ingress == null) {
          listeners.remove(listener.name());
          leave(listener, Drain.LEAVING_MILLIS);
        } else {
          // One that was just opened has read its certificates just now.
          updates.add(
              listener.update(snapshot, ingress, filesChanged && !fresh.contains(listener)));
        }
      }
      return Future.join(updates).mapEmpty();
    });
  }

  private RequestEntry requests() {
    RequestEntry known = entry;
    if (known == null) {
      known = new RequestEntry(mine(), gate);
      entry = known;
    }
    return known;
  }

  /**
   * A listener that the configuration no longer has takes no more connections, and finishes what it
   * began.
   */
  private void leave(Listener listener, long millis) {
    leaving.add(listener);
    listener.drain();
    closeAfterAnswers(exchange -> exchange.ingress().config().name().equals(listener.name()));
    Watched.quietly(listener.shutdown(millis).onComplete(done -> leaving.remove(listener)));
    if (millis < Integer.MAX_VALUE) {
      // A little before the sockets are closed, so that each client is told.
      vertx.setTimer(
          Math.max(1, millis - GOODBYE_MILLIS),
          timer ->
              cancel(
                  exchange ->
                      exchange.ingress().config().name().equals(listener.name())
                          && !listeners.containsKey(listener.name()),
                  "the listener was removed"));
    }
  }

  private void closeAfterAnswers(Predicate<Exchange> which) {
    for (Exchange exchange : mine().inFlight().list()) {
      if (!exchange.headSent() && which.test(exchange)) {
        exchange.closeAfter();
      }
    }
  }

  /** From now on every answer closes its connection, those of requests under way too. */
  public Future<Void> drain() {
    return onLoop(() -> {
      listeners.values().forEach(Listener::drain);
      closeAfterAnswers(exchange -> true);
      return Future.succeededFuture();
    });
  }

  /**
   * Ends every exchange that is still under way: WebSockets with 1001, others with an answer or a
   * reset.
   */
  public Future<Void> cancelAll(String why) {
    return onLoop(() -> {
      cancel(exchange -> true, why);
      return Future.succeededFuture();
    });
  }

  /** Ends open WebSockets with 1001, since they do not end by themselves. */
  public Future<Void> closeWebSockets() {
    return onLoop(() -> {
      cancel(exchange -> exchange.status() == SWITCHING_PROTOCOLS, "the gateway drains");
      return Future.succeededFuture();
    });
  }

  private void cancel(Predicate<Exchange> which, String why) {
    for (Exchange exchange : mine().inFlight().list()) {
      if (which.test(exchange)) {
        exchange.cancel(why);
      }
    }
  }

  /** Stops listening; what is in flight gets this long. Completes at once. */
  public Future<Void> stopAccepting(long millis) {
    return onLoop(() -> {
      listeners.values().forEach(listener -> Watched.quietly(listener.shutdown(millis)));
      return Future.succeededFuture();
    });
  }

  /** Stops listening and closes the connections. */
  public Future<Void> close() {
    return onLoop(() -> {
      // A WebSocket whose peer reads nothing would hold its server open.
      for (Exchange exchange : mine().inFlight().list()) {
        exchange.cancel("the gateway stops");
      }
      List<Future<?>> closing = new ArrayList<>();
      listeners.values().forEach(listener -> closing.add(listener.close()));
      List.copyOf(leaving).forEach(listener -> closing.add(listener.close()));
      opened.forEach(listener -> closing.add(listener.close()));
      return Future.join(closing).mapEmpty();
    });
  }

  /** The port of a listener; 0 before it listens. */
  public Future<Integer> port(String listener) {
    return onLoop(() -> {
      Listener known = listeners.get(listener);
      return Future.succeededFuture(known == null ? 0 : known.port());
    });
  }

  private Loop mine() {
    Loop mine = loop;
    if (mine == null) {
      throw new IllegalStateException("not started");
    }
    return mine;
  }

  /** Runs work on this verticle's loop. */
  public <T> Future<T> onLoop(java.util.function.Supplier<Future<T>> work) {
    Promise<T> promise = Promise.promise();
    context.runOnContext(nothing -> {
      try {
        work.get().onComplete(promise);
      } catch (RuntimeException bug) {
        promise.tryFail(bug);
      }
    });
    return promise.future();
  }
}
