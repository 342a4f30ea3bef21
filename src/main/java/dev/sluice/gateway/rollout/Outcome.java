package dev.sluice.gateway.rollout;

import java.util.List;

/** What became of a new version. */
public sealed interface Outcome {
  /** Every node serves it, or holds it ready and is about to. */
  record Taken(long version) implements Outcome {}

  /** It is active on none. */
  record Refused(List<String> problems) implements Outcome {
    public Refused {
      problems = List.copyOf(problems);
    }
  }

  /** Another version is active than the one that it was meant to follow. */
  record Stale(long active) implements Outcome {}

  /** Another change is under way. */
  record Busy() implements Outcome {}

  /** These nodes live and did not say in time whether they take it; it is active on none. */
  record Silent(List<String> nodes) implements Outcome {
    public Silent {
      nodes = List.copyOf(nodes);
    }
  }
}
