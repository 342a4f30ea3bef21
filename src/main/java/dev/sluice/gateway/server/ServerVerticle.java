package dev.sluice.gateway.server;

import dev.sluice.gateway.assemble.Snapshot;
import dev.sluice.gateway.exchange.Exchange;
import dev.sluice.gateway.exchange.Ingress;
import dev.sluice.gateway.exchange.Loop;
import dev.sluice.gateway.exchange.Watched;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One serving event loop: its share of every listener, and the snapshot that its requests see. Methods may be called
 * from any thread; the work is done on the loop.
 */
public final class ServerVerticle extends VerticleBase {
  private final ConnectionGate gate;
  private final Function<io.vertx.core.Context, Loop> loops;
  private final Map<String, Listener> listeners = new LinkedHashMap<>();
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
   * Opens the listeners that are new in this snapshot; requests do not see it yet. Fails when a port cannot be bound,
   * and then nothing has changed.
   */
  public Future<Void> open(Snapshot snapshot) {
    return onLoop(
        () -> {
          RequestEntry requests = entry;
          if (requests == null) {
            requests = new RequestEntry(mine(), snapshot, gate);
            entry = requests;
          }
          List<Future<?>> opening = new ArrayList<>();
          List<Listener> opened = new ArrayList<>();
          int frame = Frames.largest(snapshot);
          for (Ingress ingress : snapshot.ingresses()) {
            Listener known = listeners.get(ingress.config().name());
            if (known == null || !known.fits(ingress.config())) {
              Listener listener = new Listener(vertx, ingress, frame, requests, gate);
              opened.add(listener);
              opening.add(listener.listen(ingress.index()));
            }
          }
          return Future.join(opening)
              .<Void>mapEmpty()
              .onSuccess(
                  nothing -> {
                    for (Listener listener : opened) {
                      Listener before = listeners.put(listener.name(), listener);
                      if (before != null) {
                        leave(before);
                      }
                    }
                  })
              .onFailure(cause -> opened.forEach(listener -> Watched.quietly(listener.close())));
        });
  }

  /** Requests from now on see this snapshot; listeners that it lacks are drained. */
  public Future<Void> swap(Snapshot snapshot, boolean filesChanged) {
    return onLoop(
        () -> {
          RequestEntry requests = entry;
          if (requests == null) {
            return Future.succeededFuture();
          }
          requests.swap(snapshot);
          List<Future<?>> updates = new ArrayList<>();
          int frame = Frames.largest(snapshot);
          for (Listener listener : List.copyOf(listeners.values())) {
            Ingress ingress = snapshot.ingress(listener.name());
            if (ingress == null) {
              listeners.remove(listener.name());
              leave(listener);
            } else {
              updates.add(listener.update(ingress, frame, filesChanged));
            }
          }
          return Future.join(updates).mapEmpty();
        });
  }

  /** A listener that the configuration no longer has finishes what it began, then closes. */
  private void leave(Listener listener) {
    leaving.add(listener);
    listener.drain();
    vertx.setTimer(
        Drain.LEAVING_MILLIS,
        timer -> {
          leaving.remove(listener);
          Watched.quietly(listener.close());
        });
  }

  /** From now on every answer closes its connection. */
  public Future<Void> drain() {
    return onLoop(
        () -> {
          listeners.values().forEach(Listener::drain);
          return Future.succeededFuture();
        });
  }

  /** Ends every exchange that is still under way: WebSockets with 1001, others with an answer or a reset. */
  public Future<Void> cancelAll(String why) {
    return onLoop(
        () -> {
          for (Exchange exchange : mine().inFlight().list()) {
            exchange.cancel(why);
          }
          return Future.succeededFuture();
        });
  }

  /** Ends open WebSockets with 1001, since they do not end by themselves. */
  public Future<Void> closeWebSockets() {
    return onLoop(
        () -> {
          for (Exchange exchange : mine().inFlight().list()) {
            if (exchange.status() == 101) {
              exchange.cancel("the gateway drains");
            }
          }
          return Future.succeededFuture();
        });
  }

  /** Stops listening; what is in flight gets this long. Completes at once. */
  public Future<Void> stopAccepting(long millis) {
    return onLoop(
        () -> {
          listeners.values().forEach(listener -> Watched.quietly(listener.shutdown(millis)));
          return Future.succeededFuture();
        });
  }

  /** Stops listening and closes the connections. */
  public Future<Void> close() {
    return onLoop(
        () -> {
          // A WebSocket whose peer reads nothing would hold its server open.
          for (Exchange exchange : mine().inFlight().list()) {
            exchange.cancel("the gateway stops");
          }
          List<Future<?>> closing = new ArrayList<>();
          listeners.values().forEach(listener -> closing.add(listener.close()));
          leaving.forEach(listener -> closing.add(listener.close()));
          return Future.join(closing).mapEmpty();
        });
  }

  /** The port of a listener; 0 before it listens. */
  public Future<Integer> port(String listener) {
    return onLoop(
        () -> {
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
    context.runOnContext(
        nothing -> {
          try {
            work.get().onComplete(promise);
          } catch (RuntimeException bug) {
            promise.tryFail(bug);
          }
        });
    return promise.future();
  }
}
