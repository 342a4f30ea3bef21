package dev.sluice.gateway.jobs;

import dev.sluice.gateway.config.ActionConfig.JobView.View;
import dev.sluice.gateway.config.RouteConfig;
import dev.sluice.gateway.exchange.Exchange;
import dev.sluice.gateway.exchange.Phase;
import dev.sluice.gateway.exchange.Work;
import dev.sluice.gateway.failure.Failed;
import dev.sluice.gateway.failure.Failure;
import dev.sluice.gateway.http.Reply;
import dev.sluice.gateway.jobs.JobState.Stage;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import java.util.Optional;
import java.util.regex.Pattern;

/** Shows an asynchronous job, or ends it. One instance serves all loops. */
final class ViewAction implements dev.sluice.gateway.exchange.Action {
  private static final Pattern ID = Pattern.compile("[A-Za-z0-9_-]{22}");

  private final View view;
  private final AsyncJobs async;
  private final Work.Bounds bounds;

  ViewAction(RouteConfig route, View view, AsyncJobs async) {
    this.view = view;
    this.async = async;
    this.bounds = Work.Bounds.of(route);
  }

  @Override
  public void serve(Exchange exchange) {
    String id = exchange.pathValues()[0];
    if (!ID.matcher(id).matches()) {
      exchange.answer(gone());
      return;
    }
    switch (view) {
      case STATE -> new Asking(exchange, async.find(id).map(ViewAction::state)).begin();
      case RESULT ->
          new Asking(exchange, async.find(id).compose(found -> result(id, found))).begin();
      case CANCEL -> new Ending(exchange, bounds, async, id).begin();
      case EVENTS -> new Events(exchange, bounds, async, id).begin();
    }
  }

  static Reply gone() {
    return Reply.of(Failure.NOT_FOUND, "there is no such job, or it ended too long ago");
  }

  static Reply state(Optional<JobState> found) {
    return found.map(state -> state(200, state)).orElseGet(ViewAction::gone);
  }

  static Reply state(int status, JobState state) {
    MultiMap headers = HttpHeaders.headers();
    headers.set(HttpHeaders.CONTENT_TYPE, "application/json");
    headers.set(HttpHeaders.CACHE_CONTROL, "no-store");
    return Reply.of(status, headers, state.json());
  }

  static Reply failure(Throwable cause) {
    return cause instanceof Failed failed ? Reply.of(failed) : Reply.of(Failure.INTERNAL);
  }

  private Future<Reply> result(String id, Optional<JobState> found) {
    if (found.isEmpty()) {
      return Future.succeededFuture(gone());
    }
    JobState state = found.get();
    if (state.stage() == Stage.DONE) {
      return async
          .store()
          .result(id)
          .map(result -> result.map(RunAction::reply).orElseGet(ViewAction::gone));
    }
    JobState.Fault fault = state.error();
    String why = fault == null ? "" : ": " + fault.reason() + ", " + fault.detail();
    return Future.succeededFuture(
        Reply.of(Failure.CONFLICT, "the job is " + state.stage().word() + why));
  }

  /** One exchange that waits for the store. Confined to the exchange's loop. */
  private final class Asking implements Work.Task {
    private final Exchange exchange;
    private final Work work;
    private final Future<Reply> answer;
    private boolean over;

    Asking(Exchange exchange, Future<Reply> answer) {
      this.exchange = exchange;
      this.answer = answer;
      this.work = new Work(exchange, bounds, this);
    }

    void begin() {
      exchange.phase(Phase.WAITING);
      work.begin();
      answer.onComplete((reply, cause) -> {
        if (!over) {
          over = true;
          work.finish(cause == null ? reply : failure(cause));
        }
      });
    }

    @Override
    public void stop(Failure failure, String why) {
      over = true;
      work.finish(Reply.of(failure, why));
    }
  }
}
