package dev.sluice.gateway.upstream;

import org.jspecify.annotations.Nullable;

/**
 * What one pool takes of the two bounds that it shares, the endpoint's and the upstream's, and its
 * standing in their lines. Confined to the pool's loop.
 */
final class Claim {
  private final EndpointPool pool;
  private final Places endpoint;
  private final Siblings siblings;
  private final Places.Line endpointLine;
  private final Places.Line totalLine;
  private int held;

  Claim(EndpointPool pool, Places endpoint, Siblings siblings) {
    this.pool = pool;
    this.endpoint = endpoint;
    this.siblings = siblings;
    this.endpointLine = new Places.Line(pool);
    this.totalLine = new Places.Line(pool);
  }

  /**
   * Takes a place within both bounds; without one the pool stands in the line of the bound that is
   * used up.
   */
  boolean take() {
    if (!takeOrAwait(endpoint, endpointLine, false)) {
      return false;
    }
    if (takeOrAwait(siblings.total(), totalLine, true)) {
      held++;
      return true;
    }
    endpoint.giveBack();
    return false;
  }

  private boolean takeOrAwait(Places places, Places.Line line, boolean anywhere) {
    if (places.tryTake()) {
      return true;
    }
    places.await(line);
    // One may have come free between the look and the line.
    if (places.tryTake()) {
      return true;
    }
    siblings.askForIdle(pool, anywhere);
    return false;
  }

  void giveBack() {
    held--;
    endpoint.giveBack();
    siblings.total().giveBack();
  }

  /** Whether a place is held. */
  boolean holds() {
    return held > 0;
  }

  /** Whether the pool stands in a line. */
  boolean standing() {
    return endpointLine.standing() || totalLine.standing();
  }

  /** Nobody waits here any more. */
  void leave() {
    endpoint.leave(endpointLine);
    siblings.total().leave(totalLine);
  }

  /** What was not needed here goes to the next in line. */
  void passOn() {
    endpoint.wake();
    siblings.total().wake();
  }

  /** Whether another pool waits for a place. */
  boolean wantedElsewhere() {
    return endpoint.wanted() || siblings.total().wanted();
  }

  /** Whether another pool's first has waited this much longer than someone here. */
  boolean waitsElsewhere(long since, long nanos) {
    return longer(endpoint.first(), since, nanos) || longer(siblings.total().first(), since, nanos);
  }

  private boolean longer(@Nullable EndpointPool other, long since, long nanos) {
    if (other == null || other == pool) {
      return false;
    }
    long theirs = other.waitingSince();
    return theirs != 0 && since - theirs > nanos;
  }
}
