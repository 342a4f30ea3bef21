package dev.sluice.gateway.database;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.failure.Failure;
import dev.sluice.gateway.testing.FakeTicker;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PlacesTest {
  private final FakeTicker ticker = new FakeTicker();
  private final Places places = new Places("main", 2, 2, 1_000, ticker);

  private Future<Void> take() {
    return places.take(new Cancellation());
  }

  private static SqlFault fault(Future<?> refused) {
    return (SqlFault) refused.cause();
  }

  @Test
  void soManyAreTakenAtOnceAndTheOthersWaitTheirTurn() {
    assertThat(take().succeeded()).isTrue();
    assertThat(take().succeeded()).isTrue();
    Future<Void> third = take();
    Future<Void> fourth = take();
    assertThat(third.isComplete()).isFalse();
    places.give();
    assertThat(third.succeeded()).isTrue();
    assertThat(fourth.isComplete()).isFalse();
    places.give();
    assertThat(fourth.succeeded()).isTrue();
    places.give();
    places.give();
    assertThat(places.taken()).isZero();
  }

  @Test
  void moreThanMayWaitAreRefusedAtOnce() {
    for (int i = 0; i < 4; i++) {
      take();
    }
    assertThat(fault(take()).failure()).isEqualTo(Failure.QUEUE_FULL);
    assertThat(places.waiting()).isEqualTo(2);
  }

  @Test
  void aWaitEndsWithItsPatience() {
    take();
    take();
    Future<Void> first = take();
    ticker.advance(java.time.Duration.ofNanos(500));
    Future<Void> second = take();
    ticker.advance(java.time.Duration.ofNanos(500));
    places.sweep();
    assertThat(fault(first).failure()).isEqualTo(Failure.QUEUE_FULL);
    assertThat(second.isComplete()).isFalse();
    places.give();
    assertThat(second.succeeded()).isTrue();
  }

  @Test
  void whoIsCancelledLeavesTheQueue() {
    take();
    take();
    Cancellation cancellation = new Cancellation();
    Future<Void> gone = places.take(cancellation);
    Future<Void> next = take();
    cancellation.cancel();
    assertThat(fault(gone).failure()).isEqualTo(Failure.CANCELLED);
    assertThat(places.waiting()).isEqualTo(1);
    places.give();
    assertThat(next.succeeded()).isTrue();
  }

  @Test
  void everyPlaceComesBackWhateverHappens() {
    List<Future<Void>> all = new ArrayList<>();
    List<Cancellation> cancellations = new ArrayList<>();
    java.util.Random random = new java.util.Random(3);
    int given = 0;
    for (int i = 0; i < 10_000; i++) {
      switch (random.nextInt(4)) {
        case 0, 1 -> {
          Cancellation cancellation = new Cancellation();
          cancellations.add(cancellation);
          all.add(places.take(cancellation));
        }
        case 2 -> {
          ticker.advance(java.time.Duration.ofNanos(random.nextInt(300)));
          places.sweep();
        }
        default -> {
          if (!cancellations.isEmpty()) {
            cancellations.get(random.nextInt(cancellations.size())).cancel();
          }
        }
      }
      long held = all.stream().filter(Future::succeeded).count() - given;
      assertThat(held).isLessThanOrEqualTo(2).isEqualTo(places.taken());
      if (held > 0 && random.nextBoolean()) {
        given++;
        places.give();
      }
      if (all.size() > 50) {
        all.removeIf(Future::failed);
      }
    }
  }
}
