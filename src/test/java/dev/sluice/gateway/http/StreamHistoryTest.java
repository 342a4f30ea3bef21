package dev.sluice.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class StreamHistoryTest {
  @Test
  void knowsNothingAtFirst() {
    StreamHistory history = new StreamHistory();
    assertThat(history.last()).isEqualTo(-1);
    assertThat(history.knows(1)).isFalse();
    assertThat(history.begun(1)).isFalse();
  }

  @Test
  void tellsUsedEndedAndSkippedApart() {
    StreamHistory history = new StreamHistory();
    history.begin(1);
    history.begin(7);
    history.end(1);
    assertThat(history.begun(1)).isTrue();
    assertThat(history.ended(1)).isTrue();
    assertThat(history.begun(3)).isFalse();
    assertThat(history.knows(3)).isTrue();
    assertThat(history.begun(7)).isTrue();
    assertThat(history.ended(7)).isFalse();
    assertThat(history.knows(9)).isFalse();
    assertThat(history.knows(2)).isFalse();
  }

  @Test
  void agreesWithSetsOfNumbers() {
    SplittableRandom random = new SplittableRandom(42);
    for (int round = 0; round < 200; round++) {
      StreamHistory history = new StreamHistory();
      Set<Integer> begun = new HashSet<>();
      Set<Integer> ended = new HashSet<>();
      int stream = 1;
      for (int step = 0; step < 300; step++) {
        history.begin(stream);
        begun.add(stream);
        int over = stream - 2 * random.nextInt(1200);
        if (over > 0 && begun.contains(over)) {
          history.end(over);
          ended.add(over);
        }
        for (int asked = stream + 4; asked > Math.max(0, stream - 2200); asked -= 2) {
          boolean known = asked <= stream && stream / 2 - asked / 2 < StreamHistory.REMEMBERED;
          assertThat(history.begun(asked)).isEqualTo(known && begun.contains(asked));
          if (known && begun.contains(asked)) {
            assertThat(history.ended(asked)).isEqualTo(ended.contains(asked));
          }
        }
        int most = random.nextInt(100) == 0 ? 5000 : 4;
        stream += 2 * (1 + random.nextInt(most));
      }
    }
  }

  @Test
  void theLargestNumberFits() {
    StreamHistory history = new StreamHistory();
    history.begin(Integer.MAX_VALUE);
    history.end(Integer.MAX_VALUE);
    assertThat(history.ended(Integer.MAX_VALUE)).isTrue();
    assertThat(history.begun(Integer.MAX_VALUE - 2)).isFalse();
  }
}
