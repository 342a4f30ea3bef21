package dev.sluice.gateway;

import dev.sluice.gateway.admin.AdminPorts;
import dev.sluice.gateway.assemble.Reloader;
import dev.sluice.gateway.assemble.Snapshot;
import dev.sluice.gateway.failure.Failed;
import dev.sluice.gateway.failure.Failure;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.json.JsonObject;

/** Tells what this gateway would do with a request, on its snapshot of now. */
record ExplainView(Reloader reloader) implements AdminPorts.Explain {
  @Override
  public Future<JsonObject> explain(String method, String url, MultiMap given) {
    Snapshot snapshot = reloader.current();
    if (snapshot == null) {
      return Future.failedFuture(new Failed(Failure.DRAINING, "not started"));
    }
    try {
      return Future.succeededFuture(
          new Explainer(snapshot.config(), snapshot.routes()).explain(method, url, given));
    } catch (Failed refused) {
      return Future.failedFuture(refused);
    }
  }
}
