package dev.sluice.gateway.compose;

import dev.sluice.gateway.exchange.Aside;
import dev.sluice.gateway.exchange.Exchange;
import dev.sluice.gateway.exchange.InnerCall;
import dev.sluice.gateway.exchange.InnerRoute;
import dev.sluice.gateway.exchange.Loop;
import dev.sluice.gateway.exchange.TemplateJson;
import dev.sluice.gateway.exchange.Work;
import dev.sluice.gateway.failure.Failed;
import dev.sluice.gateway.failure.Failure;
import dev.sluice.gateway.http.Reply;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One exchange's composed answer: gets each part under way as soon as those that it needs are
 * there, and answers when every part has ended. Confined to the exchange's loop.
 */
final class Composition implements Work.Task {
  private static final int BAD_GATEWAY = 502;
  private static final int GATEWAY_TIMEOUT = 504;

  private final ComposePlan plan;
  private final List<InnerRoute> routes;
  private final PartCalls calls;
  private final Work work;
  private final @Nullable InnerCall[] begun;
  private final @Nullable PartOutcome[] outcomes;
  private final Loop loop;
  private long bytes;
  private int running;
  private boolean stepping;
  private boolean over;

  /** Why nothing more begins; null while all goes well. */
  private @Nullable Failure stopped;

  private String why = "";

  Composition(
      Exchange exchange,
      ComposePlan plan,
      List<InnerRoute> routes,
      Work.Bounds bounds,
      PartCalls calls) {
    this.plan = plan;
    this.routes = routes;
    this.calls = calls;
    this.loop = exchange.loop();
    this.work = new Work(exchange, bounds, this);
    this.begun = new InnerCall[plan.parts().size()];
    this.outcomes = new PartOutcome[plan.parts().size()];
  }

  void begin() {
    plan.demand(calls.values(), calls.body());
    work.begin();
    step();
  }

  /** Begins what can begin; answers when there is nothing left. */
  private void step() {
    if (stepping) {
      return; // a part that ended at once; the loop below sees it
    }
    stepping = true;
    boolean moved = true;
    while (moved && stopped == null) {
      moved = false;
      for (int i = 0; i < outcomes.length && running < plan.concurrency() && stopped == null; i++) {
        if (begun[i] == null && outcomes[i] == null && ready(i)) {
          begin(i);
          moved = true;
        }
      }
    }
    stepping = false;
    if (running == 0 && !over) {
      over = true;
      finish();
    }
  }

  /** Nothing of it changes any more, so that another thread may put a large answer together. */
  private void finish() {
    if (bytes <= Aside.SMALL_BYTES) {
      work.finish(reply());
      return;
    }
    loop.aside()
        .run("template", this::reply)
        .onComplete((reply, cause) ->
            work.finish(
                cause == null
                    ? reply
                    : cause instanceof Failed failed
                        ? Reply.of(failed)
                        : Reply.of(Failure.INTERNAL)));
  }

  /** Whether all that it needs is there; when something will never be, it has failed itself. */
  private boolean ready(int index) {
    for (int need : plan.parts().get(index).needs()) {
      PartOutcome outcome = outcomes[need];
      if (outcome == null) {
        return false;
      }
    }
    return true;
  }

  private void begin(int index) {
    PlannedPart part = plan.parts().get(index);
    for (int need : part.needs()) {
      PartOutcome outcome = outcomes[need];
      if (outcome == null || outcome.value() == null) {
        settle(
            index,
            PartOutcome.of(
                Failure.PART_FAILED,
                "it needs part " + plan.parts().get(need).name() + ", which failed",
                part));
        return;
      }
    }
    InnerRoute route = routes.get(index);
    running++;
    try {
      InnerCall call = calls.begin(part, route, ended -> ended(index, ended));
      begun[index] = call;
      route.action().serve(call.exchange());
    } catch (Failed unable) {
      InnerCall call = begun[index];
      if (call == null) {
        running--;
        settle(index, PartOutcome.of(unable.failure(), unable.getMessage(), part));
      } else {
        call.cancel(unable.failure(), "" + unable.getMessage());
      }
    }
  }

  private void ended(int index, InnerCall call) {
    PlannedPart part = plan.parts().get(index);
    bytes += call.body().length();
    if (outcomes[index] != null || call.body().length() <= Aside.SMALL_BYTES) {
      settled(index, outcomes[index] == null ? PartOutcome.of(call, part) : null);
      return;
    }
    loop.aside()
        .run("json", () -> PartOutcome.of(call, part))
        .onComplete((outcome, cause) ->
            settled(
                index, cause == null ? outcome : PartOutcome.of(Failure.JOB_REJECTED, null, part)));
  }

  private void settled(int index, @Nullable PartOutcome outcome) {
    running--;
    if (outcomes[index] == null && outcome != null) {
      settle(index, outcome);
    }
    step();
  }

  private void settle(int index, PartOutcome outcome) {
    PlannedPart part = plan.parts().get(index);
    outcomes[index] = outcome;
    Map<String, Object> value = outcome.value();
    if (value != null) {
      calls.know(part.name(), value);
    }
    if (outcome.failed() && part.needed() && plan.failFast() && stopped == null) {
      giveUp(Failure.PART_FAILED, "part " + part.name() + " failed");
    }
  }

  @Override
  public void stop(Failure failure, String reason) {
    if (failure == Failure.DEADLINE_EXCEEDED) {
      for (int i = 0; i < outcomes.length; i++) {
        if (outcomes[i] == null) {
          outcomes[i] = PartOutcome.of(failure, reason, plan.parts().get(i));
          PartOutcome late = outcomes[i];
          if (late.value() != null) {
            calls.know(plan.parts().get(i).name(), late.value());
          }
        }
      }
    }
    giveUp(failure, reason);
    step();
  }

  /** Nothing begins any more, and what is under way is reset. */
  private void giveUp(Failure failure, String reason) {
    stopped = failure;
    why = reason;
    for (int i = 0; i < begun.length; i++) {
      InnerCall call = begun[i];
      if (call != null && !call.over()) {
        boolean late = failure == Failure.DEADLINE_EXCEEDED;
        if (!late && outcomes[i] == null) {
          outcomes[i] = PartOutcome.givenUp();
        }
        if (failure == Failure.CLIENT_GONE) {
          call.leave();
        } else {
          call.cancel(late ? failure : Failure.CANCELLED, reason);
        }
      }
    }
  }

  private Reply reply() {
    Failure ended = stopped;
    if (ended != null && ended != Failure.PART_FAILED && ended != Failure.DEADLINE_EXCEEDED) {
      return Reply.of(ended, why);
    }
    Map<String, Object> errors = new LinkedHashMap<>();
    String failing = null;
    boolean late = false;
    for (int i = 0; i < outcomes.length; i++) {
      PartOutcome outcome = outcomes[i];
      PlannedPart part = plan.parts().get(i);
      if (outcome != null && outcome.failed() && (part.needed() || !plan.failFast())) {
        errors.put(part.name(), outcome.error());
        late |= outcome.timeout();
        String detail = outcome.detail() == null ? "" : ": " + outcome.detail();
        failing = "part " + part.name() + " failed" + detail;
      }
    }
    boolean all = errors.size() == outcomes.length;
    if (failing != null && (plan.failFast() || all)) {
      return Reply.of(
          Failure.PART_FAILED,
          late && plan.failFast() ? GATEWAY_TIMEOUT : BAD_GATEWAY,
          errors.size() == 1 ? failing : "parts " + String.join(", ", errors.keySet()) + " failed",
          "\"errors\":" + TemplateJson.write(errors));
    }
    return whole(errors);
  }

  private Reply whole(Map<String, Object> errors) {
    Object json;
    try {
      json = plan.response().render(calls.values(), calls.body());
    } catch (Failed unfit) { // the request was looked at before anything began
      return Reply.of(Failure.PART_FAILED, String.valueOf(unfit.getMessage()));
    }
    if (!errors.isEmpty() && json instanceof Map<?, ?> map) {
      Map<Object, @Nullable Object> more = new LinkedHashMap<>(map);
      more.put("errors", errors);
      json = more;
    }
    MultiMap headers = HttpHeaders.headers();
    headers.set(HttpHeaders.CONTENT_TYPE, "application/json");
    return Reply.of(200, headers, Buffer.buffer(TemplateJson.write(json)));
  }
}
