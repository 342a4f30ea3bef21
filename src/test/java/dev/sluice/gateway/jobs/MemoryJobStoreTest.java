package dev.sluice.gateway.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.config.JobsConfig;
import dev.sluice.gateway.jobs.JobState.Stage;
import dev.sluice.gateway.jobs.JobStore.Claim;
import dev.sluice.gateway.jobs.JobStore.Ending;
import dev.sluice.gateway.jobs.JobStore.Submission;
import dev.sluice.gateway.jobs.JobStore.Taken;
import dev.sluice.gateway.jobs.api.Content;
import dev.sluice.gateway.testing.Gauges;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class MemoryJobStoreTest {
  private static final List<String> ROUTES = List.of("r");

  private Instant now = Instant.EPOCH;
  private final MemoryJobStore store =
      new MemoryJobStore(
          new JobsConfig(
              "",
              "/jobs",
              null,
              List.of(),
              Duration.ofHours(1),
              1_000_000,
              1 << 20,
              1 << 20,
              null,
              new JobsConfig.Cpu(1, 1, false),
              new JobsConfig.Blocking(true, 1, 1),
              new JobsConfig.Loop(1, 1)),
          () -> now);

  private void add(String id, String route, @Nullable String key, Content input) {
    assertThat(store.add(new Submission(id, route, "n", input, key, "d")).succeeded()).isTrue();
  }

  private void add(String id) {
    add(id, "r", null, new Content("text/plain", new byte[1]));
  }

  private Claim take() {
    return store.take(ROUTES, 1).result().getFirst().claim();
  }

  private void finish(Claim claim) {
    store.end(claim, new Ending(Stage.DONE, null, null));
  }

  private Stage stage(String id) {
    return store.find(id).result().orElseThrow().stage();
  }

  private boolean known(String id) {
    return store.find(id).result().isPresent();
  }

  @Test
  void theInputOfAJobThatIsOverIsHeldByNobody() {
    Content input = new Content("text/plain", new byte[1]);
    WeakReference<Content> held = new WeakReference<>(input);
    add("a", "r", "key", input);
    finish(take());
    input = null;
    Gauges.until(
        "it is collected",
        () -> {
          System.gc();
          return held.get() == null;
        });
    assertThat(stage("a")).isEqualTo(Stage.DONE);
  }

  @Test
  void theOldestAreTakenFirstAndOfTheseRoutesOnly() {
    add("a");
    add("b", "other", null, new Content("text/plain", new byte[1]));
    add("c");
    assertThat(store.take(ROUTES, 5).result())
        .extracting(Taken::claim)
        .extracting(Claim::id)
        .containsExactly("a", "c");
    assertThat(store.take(ROUTES, 5).result()).isEmpty();
  }

  @Test
  void thoseThatEndedFirstAreForgottenWhenTooManyAreOver() {
    add("first", "r", "key", new Content("text/plain", new byte[1]));
    Claim first = take();
    for (int i = 0; i < MemoryJobStore.MOST_OVER; i++) {
      add("j" + i);
      finish(take());
    }
    finish(first);
    assertThat(known("j0")).isFalse();
    assertThat(known("j1")).isTrue();
    assertThat(stage("first")).isEqualTo(Stage.DONE);
  }

  @Test
  void aJobIsForgottenWithItsKeyOnceItWasOverForLong() {
    add("a", "r", "key", new Content("text/plain", new byte[1]));
    finish(take());
    now = now.plus(Duration.ofMinutes(61));
    store.sweep(ROUTES);
    assertThat(known("a")).isFalse();
    add("b", "r", "key", new Content("text/plain", new byte[1]));
    assertThat(stage("b")).isEqualTo(Stage.QUEUED);
  }

  @Test
  void aJobThatIsGivenBackRunsAgainUnlessItWasCancelled() {
    add("a");
    Claim claim = take();
    store.giveBack(claim);
    assertThat(stage("a")).isEqualTo(Stage.QUEUED);
    Claim again = take();
    assertThat(again).isEqualTo(new Claim("a", 2));
    store.cancel("a");
    store.giveBack(again);
    assertThat(stage("a")).isEqualTo(Stage.CANCELLED);
    assertThat(store.take(ROUTES, 1).result()).isEmpty();
  }

  @Test
  void aJobOfARouteThatIsGoneFailsInTime() {
    add("a", "gone", null, new Content("text/plain", new byte[1]));
    store.sweep(ROUTES);
    assertThat(stage("a")).isEqualTo(Stage.QUEUED);
    now = now.plus(Duration.ofMinutes(61));
    store.sweep(ROUTES);
    assertThat(stage("a")).isEqualTo(Stage.FAILED);
  }
}
