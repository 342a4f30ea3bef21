package dev.sluice.gateway.jobs;

import dev.sluice.gateway.failure.Failed;
import dev.sluice.gateway.failure.Failure;
import dev.sluice.gateway.jobs.api.Content;
import dev.sluice.gateway.jobs.api.Job;
import dev.sluice.gateway.jobs.api.JobContext;
import dev.sluice.gateway.offload.Kind;
import io.vertx.core.Context;
import io.vertx.core.Future;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Jobs for tests, found as users' jobs are. What a test does to one goes by a token of its own. */
public final class TestJobs {
  private static final Map<String, Control> CONTROLS = new ConcurrentHashMap<>();

  private TestJobs() {}

  /** How a job that names this token is steered, and what became of it. */
  static Control control(String token) {
    return CONTROLS.computeIfAbsent(token, unused -> new Control());
  }

  static final class Control {
    final CountDownLatch gate = new CountDownLatch(1);
    final AtomicInteger started = new AtomicInteger();
    final AtomicInteger interrupted = new AtomicInteger();
    final AtomicInteger ended = new AtomicInteger();
  }

  /** What most of them take. */
  public record Token(String token) {}

  private abstract static class Taking implements Job<Token, Object> {
    @Override
    public Class<Token> input() {
      return Token.class;
    }

    @Override
    public Kind kind() {
      return Kind.BLOCKING;
    }
  }

  /** Waits for the test. */
  public static final class Hold extends Taking {
    @Override
    public String name() {
      return "test-hold";
    }

    @Override
    public String settingsSchema() {
      return ANYTHING;
    }

    @Override
    public Object run(Token input, JobContext context) throws InterruptedException {
      Control control = control(input.token());
      control.started.incrementAndGet();
      context.progress(0.5);
      try {
        control.gate.await(20, TimeUnit.SECONDS);
        return Map.of("held", input.token());
      } catch (InterruptedException stopped) {
        control.interrupted.incrementAndGet();
        throw stopped;
      } finally {
        control.ended.incrementAndGet();
      }
    }
  }

  /** Heeds no interrupt. */
  public static final class Deaf extends Taking {
    @Override
    public String name() {
      return "test-deaf";
    }

    @Override
    public Kind kind() {
      return Kind.CPU;
    }

    @Override
    public Object run(Token input, JobContext context) {
      Control control = control(input.token());
      control.started.incrementAndGet();
      while (control.gate.getCount() > 0) {
        Thread.onSpinWait();
      }
      control.ended.incrementAndGet();
      return input;
    }
  }

  /** Has a fault. */
  public static final class Broken extends Taking {
    @Override
    public String name() {
      return "test-broken";
    }

    @Override
    public Object run(Token input, JobContext context) {
      throw new IllegalStateException("a secret of the job's own");
    }
  }

  /** Refuses in words of its own. */
  public static final class Refusing extends Taking {
    @Override
    public String name() {
      return "test-refusing";
    }

    @Override
    public Object run(Token input, JobContext context) {
      throw new Failed(Failure.CONFLICT, "not " + input.token());
    }
  }

  /** Says what only its pool may say. */
  public static final class Poison extends Taking {
    @Override
    public String name() {
      return "test-poison";
    }

    @Override
    public Object run(Token input, JobContext context) {
      control(input.token()).started.incrementAndGet();
      throw new Failed(Failure.JOB_REJECTED, "no more of this");
    }
  }

  /** Does what it should not when it is given up: one handler throws, the next one blocks. */
  public static final class Handlers extends Taking {
    @Override
    public String name() {
      return "test-handlers";
    }

    @Override
    public Object run(Token input, JobContext context) throws InterruptedException {
      Control control = control(input.token());
      context.onCancel(() -> {
        throw new IllegalStateException("of the handler's own");
      });
      context.onCancel(() -> {
        control.interrupted.incrementAndGet();
        hold(control);
      });
      control.started.incrementAndGet();
      new CountDownLatch(1).await();
      return input;
    }

    private static void hold(Control control) {
      try {
        control.gate.await(20, TimeUnit.SECONDS);
      } catch (InterruptedException stopped) {
        Thread.currentThread().interrupt();
      }
      control.ended.incrementAndGet();
    }
  }

  /** Gives what is no media type. */
  public static final class Mistyped extends Taking {
    @Override
    public String name() {
      return "test-mistyped";
    }

    @Override
    public Object run(Token input, JobContext context) {
      return new Content("text/plain\r\nx-injected: yes", new byte[] {1});
    }
  }

  /** Computes, and has a part that blocks, which has a part that computes. */
  public static final class Nested extends Taking {
    @Override
    public String name() {
      return "test-nested";
    }

    @Override
    public Kind kind() {
      return Kind.CPU;
    }

    @Override
    public Object run(Token input, JobContext context) throws Exception {
      boolean virtual =
          context.start(Kind.BLOCKING, () -> Thread.currentThread().isVirtual()).await();
      int own = context.start(Kind.CPU, () -> 21).await();
      return Map.of("virtual", virtual, "sum", 2 * own);
    }
  }

  /** Needs no thread. */
  public static final class OnLoop implements Job<Token, Future<Object>> {
    @Override
    public String name() {
      return "test-loop";
    }

    @Override
    public Kind kind() {
      return Kind.LOOP;
    }

    @Override
    public Class<Token> input() {
      return Token.class;
    }

    @Override
    public Future<Object> run(Token input, JobContext context) {
      boolean loop = Context.isOnEventLoopThread();
      return context
          .start(Kind.CPU, () -> Context.isOnEventLoopThread())
          .future()
          .map(part -> Map.of("loop", loop, "part", part, "back", Context.isOnEventLoopThread()));
    }
  }

  /** Waits where it must not. */
  public static final class WaitsOnLoop implements Job<Token, Future<Object>> {
    @Override
    public String name() {
      return "test-waits-on-loop";
    }

    @Override
    public Kind kind() {
      return Kind.LOOP;
    }

    @Override
    public Class<Token> input() {
      return Token.class;
    }

    @Override
    public Future<Object> run(Token input, JobContext context) throws Exception {
      return Future.succeededFuture(context.start(Kind.CPU, () -> 1).await());
    }
  }

  /** Calls an upstream. */
  public static final class Calling extends Taking {
    @Override
    public String name() {
      return "test-calling";
    }

    @Override
    public Object run(Token input, JobContext context) throws Exception {
      JobContext.Answer answer =
          context.await(context.call("back", JobContext.Call.get("/" + input.token())));
      return Map.of(
          "status",
          answer.status(),
          "body",
          new String(answer.body().bytes(), java.nio.charset.StandardCharsets.UTF_8));
    }
  }

  /** Calls by a method that HTTP does not have. */
  public static final class Miscalling extends Taking {
    @Override
    public String name() {
      return "test-miscalling";
    }

    @Override
    public Object run(Token input, JobContext context) throws Exception {
      return context.await(
          context.call("back", new JobContext.Call("NO METHOD", "/", Map.of(), null)));
    }
  }

  /** Gives much. */
  public static final class Large extends Taking {
    @Override
    public String name() {
      return "test-large";
    }

    @Override
    public Object run(Token input, JobContext context) {
      return new Content("text/plain", new byte[Integer.parseInt(input.token())]);
    }
  }
}
