package dev.sluice.gateway.offload;

import static org.assertj.core.api.Assertions.as;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.STRING;

import dev.sluice.gateway.failure.Failed;
import dev.sluice.gateway.failure.Failure;
import dev.sluice.gateway.offload.OffloadSettings.Threads;
import dev.sluice.gateway.resilience.SystemTicker;
import dev.sluice.gateway.resilience.Ticker;
import dev.sluice.gateway.testing.CapturedLog;
import dev.sluice.gateway.testing.FakeTicker;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Bounded pools of worker verticles. */
@Timeout(60)
class OffloadTest {
  private static final long LONG = Duration.ofSeconds(30).toNanos();

  private final Vertx vertx = Vertx.vertx();
  private final Context loop = vertx.getOrCreateContext();
  private final AtomicInteger ran = new AtomicInteger();
  private final CountDownLatch gate = new CountDownLatch(1);

  @AfterEach
  void close() throws Exception {
    gate.countDown();
    vertx.close().toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
  }

  private Offload offload(int places, int queue) throws Exception {
    return offload(places, queue, SystemTicker.INSTANCE);
  }

  private Offload offload(int places, int queue, Ticker ticker) throws Exception {
    OffloadSettings.Pool pool = new OffloadSettings.Pool(places, queue, Threads.BACKGROUND);
    Offload offload =
        new Offload(
            vertx,
            new OffloadSettings(
                pool, new OffloadSettings.Pool(places, queue, Threads.VIRTUAL), pool),
            List.of(loop),
            ticker,
            (kind, task, queuedNanos, ranNanos) -> ran.incrementAndGet());
    offload.start().toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
    return offload;
  }

  private static long soon() {
    return in(LONG);
  }

  private static long in(long nanos) {
    return SystemTicker.INSTANCE.nanos() + nanos;
  }

  private static <R> R get(Future<R> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
  }

  private static Throwable cause(Future<?> future) throws InterruptedException {
    try {
      get(future);
      throw new AssertionError("it did not fail");
    } catch (InterruptedException e) {
      throw e;
    } catch (Exception e) {
      return Objects.requireNonNull(e.getCause());
    }
  }

  private static <R> Task<R> task(Kind kind, Callable<R> code) {
    return new Task<>(kind, "test", self -> code.call());
  }

  private <R> Task<R> held(Kind kind, CountDownLatch started, R result) {
    return task(
        kind,
        () -> {
          started.countDown();
          gate.await();
          return result;
        });
  }

  @ParameterizedTest
  @EnumSource(names = {"CPU", "BLOCKING"})
  void workRunsOnAWorkersThreadAndNeverOnALoop(Kind kind) throws Exception {
    Offload offload = offload(2, 10);
    Thread thread = get(offload.submit(task(kind, Thread::currentThread), soon()).future());
    assertThat(thread.isVirtual()).isEqualTo(kind == Kind.BLOCKING);
    assertThat(thread.getName()).doesNotContain("eventloop");
    assertThat(ran).hasValue(1);
  }

  @Test
  void threadsThatComputeStepBackForTheOthers() throws Exception {
    Assumptions.assumeTrue(Files.exists(Path.of("/proc/thread-self/sched")));
    Offload offload = offload(1, 10);
    Callable<String> policy =
        () ->
            Files.readAllLines(Path.of("/proc/thread-self/sched")).stream()
                .filter(line -> line.startsWith("policy"))
                .findFirst()
                .orElse("");
    String background = get(offload.submit(task(Kind.CPU, policy), soon()).future());
    assertThat(background).as("SCHED_IDLE").endsWith(" 5");
    Task<String> lending =
        new Task<>(
            Kind.CPU,
            "test",
            self -> self.await(offload.submit(task(Kind.CPU, policy), soon()).future()));
    assertThat(get(offload.submit(lending, soon()).future())).as("lent").endsWith(" 5");
  }

  @Test
  void aThreadThatStepsBackWakesNobodyItselfSinceWhomItBeginsWouldStepBackToo() throws Exception {
    Offload offload = offload(1, 10);
    CompletableFuture<String> told = new CompletableFuture<>();
    CountDownLatch listening = new CountDownLatch(1);
    TaskRun<Boolean> run =
        offload.submit(task(Kind.CPU, () -> listening.await(10, TimeUnit.SECONDS)), soon());
    run.future().onComplete(done -> told.complete(Thread.currentThread().getName()));
    listening.countDown();
    assertThat(told.get(10, TimeUnit.SECONDS)).contains("eventloop");
  }

  @Test
  void itsOutcomeComesBackToTheLoopThatAsked() throws Exception {
    Offload offload = offload(1, 1);
    CompletableFuture<Boolean> same = new CompletableFuture<>();
    loop.runOnContext(nothing -> {
      Thread asked = Thread.currentThread();
      offload
          .submit(task(Kind.CPU, () -> 1), soon())
          .future()
          .onComplete(done -> same.complete(Thread.currentThread() == asked));
    });
    assertThat(same.get(10, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void asManyRunAtOnceAsThereArePlacesAndTheRestWaitsItsTurn() throws Exception {
    Offload offload = offload(2, 10);
    CountDownLatch started = new CountDownLatch(2);
    List<TaskRun<Integer>> runs = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      runs.add(offload.submit(held(Kind.CPU, started, i), soon()));
    }
    assertThat(started.await(10, TimeUnit.SECONDS)).isTrue();
    assertThat(offload.load(Kind.CPU)).isEqualTo(new Offload.Load(2, 2, 3, 0, 0));
    gate.countDown();
    for (int i = 0; i < 5; i++) {
      assertThat(get(runs.get(i).future())).isEqualTo(i);
    }
    assertThat(offload.free(Kind.CPU)).isEqualTo(2);
  }

  @Test
  void aFullQueueRefusesAtOnce() throws Exception {
    Offload offload = offload(1, 1);
    CountDownLatch started = new CountDownLatch(1);
    offload.submit(held(Kind.CPU, started, 1), soon());
    assertThat(started.await(10, TimeUnit.SECONDS)).isTrue();
    TaskRun<Integer> waits = offload.submit(task(Kind.CPU, () -> 2), soon());
    TaskRun<Integer> third = offload.submit(task(Kind.CPU, () -> 3), soon());
    assertThat(third.future().isComplete()).isTrue();
    assertThat(((Failed) third.future().cause()).failure()).isEqualTo(Failure.JOB_REJECTED);
    assertThat(offload.load(Kind.CPU).rejected()).isEqualTo(1);
    gate.countDown();
    assertThat(get(waits.future())).isEqualTo(2);
  }

  @Test
  void aTaskThatWaitsForSomethingElseLendsItsOnlyPlace() throws Exception {
    Offload offload = offload(1, 5);
    Promise<Integer> elsewhere = Promise.promise();
    CountDownLatch started = new CountDownLatch(1);
    TaskRun<Integer> waits =
        offload.submit(
            new Task<>(
                Kind.CPU,
                "test",
                self -> {
                  started.countDown();
                  return self.await(elsewhere.future());
                }),
            soon());
    assertThat(started.await(10, TimeUnit.SECONDS)).isTrue();
    get(offload.submit(task(Kind.CPU, () -> elsewhere.tryComplete(7)), soon()).future());
    assertThat(get(waits.future())).isEqualTo(7);
    assertThat(offload.load(Kind.CPU)).isEqualTo(new Offload.Load(1, 0, 0, 0, 0));
  }

  @Test
  void whatTheCodeThrowsComesOut() throws Exception {
    Offload offload = offload(1, 1);
    IllegalStateException own = new IllegalStateException("own");
    Future<Object> failed =
        offload
            .submit(
                task(
                    Kind.CPU,
                    () -> {
                      throw own;
                    }),
                soon())
            .future();
    assertThat(cause(failed)).isSameAs(own);
    assertThat(get(offload.submit(task(Kind.CPU, () -> 1), soon()).future())).isEqualTo(1);
  }

  @Test
  void aTaskWhoseTimeIsOverIsInterruptedAndOneThatWaitedSoLongNeverRuns() throws Exception {
    FakeTicker ticker = new FakeTicker();
    Offload offload = offload(1, 5, ticker);
    AtomicBoolean second = new AtomicBoolean();
    CountDownLatch started = new CountDownLatch(1);
    TaskRun<Integer> first = offload.submit(held(Kind.CPU, started, 1), LONG);
    TaskRun<Boolean> waits = offload.submit(task(Kind.CPU, () -> second.getAndSet(true)), LONG);
    assertThat(started.await(10, TimeUnit.SECONDS)).isTrue();
    ticker.advance(Duration.ofNanos(LONG + 1));
    assertThat(((Failed) cause(first.future())).failure()).isEqualTo(Failure.DEADLINE_EXCEEDED);
    assertThat(((Failed) cause(waits.future())).failure()).isEqualTo(Failure.DEADLINE_EXCEEDED);
    assertThat(second).isFalse();
  }

  @Test
  void givingUpWhatWaitsFreesItsPlaceInTheQueue() throws Exception {
    Offload offload = offload(1, 1);
    CountDownLatch started = new CountDownLatch(1);
    offload.submit(held(Kind.CPU, started, 1), soon());
    assertThat(started.await(10, TimeUnit.SECONDS)).isTrue();
    TaskRun<Integer> waits = offload.submit(task(Kind.CPU, () -> 2), soon());
    waits.cancel(Failure.CLIENT_GONE, "gone");
    assertThat(((Failed) cause(waits.future())).failure()).isEqualTo(Failure.CLIENT_GONE);
    TaskRun<Integer> next = offload.submit(task(Kind.CPU, () -> 3), soon());
    gate.countDown();
    assertThat(get(next.future())).isEqualTo(3);
  }

  @Test
  void anInterruptMeetsItsTaskAndNotTheNextOneOfTheSameThread() throws Exception {
    Offload offload = offload(1, 100);
    for (int i = 0; i < 200; i++) {
      TaskRun<Integer> short1 = offload.submit(task(Kind.CPU, () -> 1), soon());
      TaskRun<Boolean> next =
          offload.submit(task(Kind.CPU, () -> Thread.currentThread().isInterrupted()), soon());
      short1.cancel(Failure.CANCELLED, "now");
      assertThat(get(next.future())).isFalse();
    }
  }

  @Test
  void theFutureOfATaskThatIgnoresItsInterruptWaitsForItsRealEnd() throws Exception {
    Offload offload = offload(1, 1);
    CountDownLatch started = new CountDownLatch(1);
    AtomicBoolean stop = new AtomicBoolean();
    TaskRun<Integer> deaf =
        offload.submit(
            task(
                Kind.CPU,
                () -> {
                  started.countDown();
                  while (!stop.get()) {
                    Thread.onSpinWait();
                  }
                  return 1;
                }),
            soon());
    assertThat(started.await(10, TimeUnit.SECONDS)).isTrue();
    deaf.cancel(Failure.CANCELLED, "now");
    assertThat(deaf.cancelled()).isTrue();
    assertThat(deaf.future().isComplete()).isFalse();
    assertThat(offload.load(Kind.CPU).active()).isEqualTo(1);
    stop.set(true);
    assertThat(get(deaf.future())).isEqualTo(1);
  }

  @Test
  void aTaskThatIgnoresItsEndIsToldOfWithItsStackAndCounted() throws Exception {
    FakeTicker ticker = new FakeTicker();
    Offload offload = offload(1, 1, ticker);
    AtomicBoolean stop = new AtomicBoolean();
    CountDownLatch started = new CountDownLatch(1);
    try (CapturedLog log = CapturedLog.open()) {
      TaskRun<Integer> deaf =
          offload.submit(
              task(
                  Kind.CPU,
                  () -> {
                    started.countDown();
                    while (!stop.get()) {
                      LockSupport.parkNanos(1_000_000);
                    }
                    return 1;
                  }),
              LONG);
      assertThat(started.await(10, TimeUnit.SECONDS)).isTrue();
      deaf.cancel(Failure.CANCELLED, "now");
      ticker.advance(Duration.ofSeconds(6));
      while (log.lines("event=task_ignores_its_end").isEmpty()) {
        Thread.onSpinWait();
      }
      assertThat(log.lines("event=task_ignores_its_end kind=cpu task=test"))
          .singleElement(as(STRING))
          .contains("OffloadTest");
      assertThat(offload.load(Kind.CPU).stuck()).isEqualTo(1);
      stop.set(true);
      get(deaf.future());
      assertThat(log.lines("event=task_ended_late")).hasSize(1);
      assertThat(offload.load(Kind.CPU)).isEqualTo(new Offload.Load(1, 0, 0, 0, 0));
    }
  }

  // ---- tasks that wait for others ----

  /** Starts a part of each kind, one in the other, and waits for it. */
  private int nested(Offload offload, TaskRun<?> self, List<Kind> kinds) throws Exception {
    if (kinds.isEmpty()) {
      return 0;
    }
    Task<Integer> part =
        new Task<>(
            kinds.getFirst(),
            "part",
            inner -> 1 + nested(offload, inner, kinds.subList(1, kinds.size())));
    return offload.submit(part, soon(), self).await();
  }

  private Task<Integer> root(Offload offload, List<Kind> kinds) {
    return new Task<>(Kind.CPU, "root", self -> nested(offload, self, kinds));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "CPU",
        "CPU CPU",
        "BLOCKING CPU",
        "BLOCKING CPU BLOCKING CPU",
        "BLOCKING BLOCKING"
      })
  void waitingForAPartInTheSameFullPoolNeverDeadlocks(String parts) throws Exception {
    Offload offload = offload(1, 0);
    List<Kind> kinds = Arrays.stream(parts.split(" ")).map(Kind::valueOf).toList();
    assertThat(get(offload.submit(root(offload, kinds), soon()).future())).isEqualTo(kinds.size());
    assertThat(offload.load(Kind.CPU)).isEqualTo(new Offload.Load(1, 0, 0, 0, 0));
    assertThat(offload.free(Kind.CPU)).isEqualTo(1);
  }

  @Test
  void manyThatWaitForTheirPartsInAPoolOfOneAllEnd() throws Exception {
    Offload offload = offload(1, 1000);
    List<TaskRun<Integer>> roots = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      roots.add(offload.submit(root(offload, List.of(Kind.BLOCKING, Kind.CPU)), soon()));
    }
    for (TaskRun<Integer> root : roots) {
      assertThat(get(root.future())).isEqualTo(2);
    }
    assertThat(offload.free(Kind.CPU)).isEqualTo(1);
  }

  @Test
  void aPartOnALoopMayNeedThePlaceOfWhoeverWaitsForIt() throws Exception {
    Offload offload = offload(1, 1);
    Task<Integer> inner = task(Kind.CPU, () -> 7);
    Task<Integer> middle =
        Task.onLoop("middle", self -> offload.submit(inner, soon(), self).future());
    Task<Integer> outer =
        new Task<>(Kind.CPU, "outer", self -> offload.submit(middle, soon(), self).await());
    assertThat(get(offload.submit(outer, soon()).future())).isEqualTo(7);
    assertThat(offload.free(Kind.CPU)).isEqualTo(1);
  }

  @Test
  void waitingOnAnEventLoopIsAnErrorAtOnce() throws Exception {
    Offload offload = offload(1, 1);
    CompletableFuture<Throwable> thrown = new CompletableFuture<>();
    loop.runOnContext(nothing -> {
      TaskRun<Integer> run = offload.submit(task(Kind.CPU, () -> 1), soon());
      try {
        thrown.complete(new AssertionError("it waited: " + run.await()));
      } catch (Throwable error) {
        thrown.complete(error);
      }
    });
    assertThat(thrown.get(10, TimeUnit.SECONDS))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("would hold an event loop");
  }

  @Test
  void givingUpATaskGivesUpItsParts() throws Exception {
    Offload offload = offload(2, 5);
    CompletableFuture<TaskRun<Integer>> part = new CompletableFuture<>();
    CountDownLatch started = new CountDownLatch(1);
    Task<Integer> outer =
        new Task<>(
            Kind.CPU,
            "outer",
            self -> {
              part.complete(offload.submit(held(Kind.BLOCKING, started, 1), soon(), self));
              return part.get().await();
            });
    TaskRun<Integer> root = offload.submit(outer, soon());
    assertThat(started.await(10, TimeUnit.SECONDS)).isTrue();
    root.cancel(Failure.CLIENT_GONE, "gone");
    assertThat(((Failed) cause(root.future())).failure()).isEqualTo(Failure.CLIENT_GONE);
    assertThat(((Failed) cause(part.get().future())).failure()).isEqualTo(Failure.CLIENT_GONE);
  }

  @Test
  void partsThatNobodyWaitsForEndWithTheirTask() throws Exception {
    Offload offload = offload(2, 5);
    CountDownLatch started = new CountDownLatch(1);
    CompletableFuture<TaskRun<Integer>> part = new CompletableFuture<>();
    Task<Boolean> outer =
        new Task<>(
            Kind.CPU,
            "outer",
            self -> {
              part.complete(offload.submit(held(Kind.BLOCKING, started, 1), soon(), self));
              return started.await(10, TimeUnit.SECONDS);
            });
    assertThat(get(offload.submit(outer, soon()).future())).isTrue();
    assertThat(((Failed) cause(part.get().future())).failure()).isEqualTo(Failure.CANCELLED);
  }

  @Test
  void loopTasksHoldTheirPlaceUntilTheirFutureEnds() throws Exception {
    Offload offload = offload(1, 5);
    Promise<Integer> later = Promise.promise();
    TaskRun<Integer> first = offload.submit(Task.onLoop("first", self -> later.future()), soon());
    CompletableFuture<Boolean> onLoop = new CompletableFuture<>();
    TaskRun<Integer> second =
        offload.submit(
            Task.onLoop(
                "second",
                self -> {
                  onLoop.complete(Context.isOnEventLoopThread());
                  return Future.succeededFuture(2);
                }),
            soon());
    assertThat(onLoop).isNotDone();
    later.complete(1);
    assertThat(get(first.future())).isEqualTo(1);
    assertThat(get(second.future())).isEqualTo(2);
    assertThat(onLoop.get()).isTrue();
  }

  @Test
  void closingGivesUpEverythingAndTakesNothingAnyMore() throws Exception {
    Offload offload = offload(1, 5);
    CountDownLatch started = new CountDownLatch(1);
    TaskRun<Integer> runs = offload.submit(held(Kind.CPU, started, 1), soon());
    TaskRun<Integer> waits = offload.submit(task(Kind.CPU, () -> 2), soon());
    assertThat(started.await(10, TimeUnit.SECONDS)).isTrue();
    offload.close();
    for (TaskRun<Integer> run : List.of(runs, waits)) {
      assertThat(((Failed) cause(run.future())).failure()).isEqualTo(Failure.DRAINING);
    }
    TaskRun<Integer> late = offload.submit(task(Kind.CPU, () -> 3), soon());
    assertThatThrownBy(late::await).isInstanceOf(Failed.class).hasMessageContaining("leaving");
  }
}
