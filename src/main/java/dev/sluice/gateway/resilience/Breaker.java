package dev.sluice.gateway.resilience;

import dev.sluice.gateway.failure.Failure;
import dev.sluice.gateway.resilience.BreakerPolicy.SlowCall;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * A circuit breaker: closed, it counts; open, it refuses; half open, it lets a few probes decide.
 * Lock-free; any thread.
 *
 * <p>The permits of one closed period share one object, so that a healthy upstream costs one
 * volatile read to enter. Each state is an object of its own: what began under a former state
 * cannot count for the present one.
 *
 * @see <a href="https://martinfowler.com/bliki/CircuitBreaker.html">CircuitBreaker</a>
 */
public final class Breaker implements Guard {
  /** State of the breaker. */
  public enum State {
    CLOSED,
    OPEN,
    HALF_OPEN
  }

  /**
   * One change of state.
   *
   * @param failures those that opened it: in a row, or within the window; 0 when it did not open
   */
  public record Change(State from, State to, long failures) {}

  /** Told of each change of state, on the thread that caused it. */
  @FunctionalInterface
  public interface Listener {
    void changed(Breaker breaker, Change change);
  }

  private final BreakerPolicy policy;
  private final Ticker ticker;
  private final Listener listener;
  private final AtomicReference<Phase> phase;

  public Breaker(BreakerPolicy policy, Ticker ticker, Listener listener) {
    this.policy = policy;
    this.ticker = ticker;
    this.listener = listener;
    this.phase = new AtomicReference<>(new Closed());
  }

  @Override
  public @Nullable Permit tryEnter() {
    Phase now = phase.get();
    if (now instanceof Closed closed) {
      return closed;
    }
    if (now instanceof Open open) {
      if (ticker.nanos() - open.until < 0) {
        return null;
      }
      HalfOpen next = new HalfOpen(open.round);
      if (phase.compareAndSet(open, next)) {
        listener.changed(this, new Change(State.OPEN, State.HALF_OPEN, 0));
      }
      now = phase.get();
    }
    return now instanceof HalfOpen half
        ? half.tryEnter()
        : now instanceof Closed closed ? closed : null;
  }

  @Override
  public Failure refusal() {
    return Failure.BREAKER_OPEN;
  }

  /** Its state now; an open one whose time is over still says open until someone asks to enter. */
  public State state() {
    Phase now = phase.get();
    if (now instanceof Closed) {
      return State.CLOSED;
    }
    return now instanceof Open ? State.OPEN : State.HALF_OPEN;
  }

  public BreakerPolicy policy() {
    return policy;
  }

  /**
   * Whether exchanges that are slow count; then {@link Permit#close(Outcome, long)} wants to know
   * how long it took.
   */
  public boolean countsSlow() {
    return policy.slowCall() != null;
  }

  /**
   * Nanoseconds until an open breaker lets a probe through; 0 when it is not open. Serves {@code
   * Retry-After}.
   */
  public long retryAfterNanos() {
    return phase.get() instanceof Open open ? Math.max(0, open.until - ticker.nanos()) : 0;
  }

  /**
   * Others have seen this upstream fail: for a window's time a quarter of the calls or failures is
   * enough to open. It decides by its own calls all the same.
   */
  public void suspect() {
    if (phase.get() instanceof Closed closed) {
      closed.suspectedUntil = ticker.nanos() + policy.window().toNanos();
      closed.suspected = true;
    }
  }

  private boolean slow(long nanos) {
    SlowCall bound = policy.slowCall();
    return bound != null && nanos > bound.over().toNanos();
  }

  private void open(Phase from, int round) {
    long first = policy.open().toNanos();
    long most = Math.max(first, policy.maxOpen().toNanos());
    int doublings = Math.min(round, 30);
    long time = first > (most >> doublings) ? most : first << doublings;
    State before = from instanceof Closed ? State.CLOSED : State.HALF_OPEN;
    long failures = from instanceof Closed closed ? closed.failures() : 1;
    if (phase.compareAndSet(from, new Open(ticker.nanos() + time, round))) {
      listener.changed(this, new Change(before, State.OPEN, failures));
    }
  }

  private sealed interface Phase {}

  /**
   * Refuses until its time is over. {@code round} counts openings without a close between them,
   * from 0.
   */
  private record Open(long until, int round) implements Phase {}

  /** Lets everything through and counts; it is every permit of its time. */
  private final class Closed implements Phase, Permit {
    private final OutcomeWindow window =
        new OutcomeWindow(policy.window().toNanos(), ticker, policy.failures() > 0);

    private volatile long suspectedUntil;
    private volatile boolean suspected;

    @Override
    public void close(Outcome outcome) {
      close(outcome, 0);
    }

    @Override
    public void close(Outcome outcome, long nanos) {
      if (outcome == Outcome.IGNORED || phase.get() != this) {
        return;
      }
      boolean failed = outcome == Outcome.FAILURE;
      boolean slow = slow(nanos);
      window.count(failed, slow);
      if (window.troubled() && full(failed)) {
        open(this, 0);
      }
    }

    long failures() {
      return policy.failures() > 0 ? window.consecutive() : window.sums().failed();
    }

    private int least(int usual) {
      return suspected && ticker.nanos() - suspectedUntil < 0 ? Math.ceilDiv(usual, 4) : usual;
    }

    private boolean full(boolean failed) {
      if (policy.failures() > 0 && failed && window.consecutive() >= least(policy.failures())) {
        return true;
      }
      OutcomeWindow.Sums sums = window.sums();
      if (sums.calls() < least(policy.minimum())) {
        return false;
      }
      boolean tooManyFailed =
          policy.failures() == 0
              && sums.failed() > 0
              && sums.failed() >= policy.failureRate() * sums.calls();
      SlowCall bound = policy.slowCall();
      return tooManyFailed
          || (bound != null && sums.slow() > 0 && sums.slow() >= bound.rate() * sums.calls());
    }
  }

  /** Lets so many probes through at a time; all must succeed. */
  private final class HalfOpen implements Phase {
    private final int round;
    private final AtomicInteger out = new AtomicInteger();
    private final AtomicInteger good = new AtomicInteger();

    HalfOpen(int round) {
      this.round = round;
    }

    @Nullable Permit tryEnter() {
      if (out.incrementAndGet() > policy.probes()) {
        out.decrementAndGet();
        return null;
      }
      return new Probe();
    }

    private final class Probe implements Permit {
      private final AtomicBoolean closed = new AtomicBoolean();

      @Override
      public void close(Outcome outcome) {
        close(outcome, 0);
      }

      @Override
      public void close(Outcome outcome, long nanos) {
        if (!closed.compareAndSet(false, true)) {
          return;
        }
        if (outcome == Outcome.IGNORED) {
          out.decrementAndGet(); // its place is free for another probe
        } else if (outcome == Outcome.FAILURE || slow(nanos)) {
          open(HalfOpen.this, round + 1);
        } else if (good.incrementAndGet() == policy.probes()
            && phase.compareAndSet(HalfOpen.this, new Closed())) {
          listener.changed(Breaker.this, new Change(State.HALF_OPEN, State.CLOSED, 0));
        }
      }
    }
  }
}
