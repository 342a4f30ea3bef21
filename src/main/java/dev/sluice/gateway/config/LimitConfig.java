package dev.sluice.gateway.config;

import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.time.temporal.TemporalAdjusters;
import org.jspecify.annotations.Nullable;

/** What filters that bound clients' requests have in common. */
public final class LimitConfig {
  private LimitConfig() {}

  /** What of a request tells whose it is. */
  public enum KeyKind {
    /** The client's address; of IPv6 its /64. */
    CLIENT_IP,
    /** The route: all of its clients together. */
    ROUTE,
    HEADER,
    COOKIE
  }

  /**
   * Whose a request is.
   *
   * @param name of the header or cookie; null for the others
   */
  public record Key(KeyKind kind, @Nullable String name) {}

  /** A period of the calendar, in UTC. */
  public enum Period {
    HOUR("1h", ChronoUnit.HOURS),
    DAY("1d", ChronoUnit.DAYS),
    /** From Monday on (ISO 8601). */
    WEEK("1w", ChronoUnit.WEEKS),
    MONTH("1mo", ChronoUnit.MONTHS);

    private final String text;
    private final ChronoUnit unit;

    Period(String text, ChronoUnit unit) {
      this.text = text;
      this.unit = unit;
    }

    /** As it is written. */
    public String text() {
      return text;
    }

    /** When the one began that {@code now} is in. */
    public Instant start(Instant now) {
      ZonedDateTime time = now.atZone(ZoneOffset.UTC);
      return switch (this) {
        case HOUR, DAY -> time.truncatedTo(unit).toInstant();
        case WEEK ->
            time.truncatedTo(ChronoUnit.DAYS)
                .with(TemporalAdjusters.previousOrSame(DayOfWeek.MONDAY))
                .toInstant();
        case MONTH -> time.truncatedTo(ChronoUnit.DAYS).withDayOfMonth(1).toInstant();
      };
    }

    /** When it ends, and the next one begins. */
    public Instant end(Instant now) {
      return start(now).atZone(ZoneOffset.UTC).plus(1, unit).toInstant();
    }
  }

  /** Who counts together. */
  public enum Scope {
    /** Each node for itself. */
    NODE,
    /** All nodes of the cluster. */
    CLUSTER
  }

  /** What a limit of the cluster does while a node of it is silent. */
  public enum OnPartition {
    /** Each node lets its share pass. */
    LOCAL,
    /** Nothing passes. */
    REFUSE
  }

  /**
   * What becomes of requests beyond the limit.
   *
   * @param atMost how long one may wait for its turn; zero for not at all
   */
  public record OnLimit(Duration atMost) {
    /** Refused at once. */
    static final OnLimit REJECT = new OnLimit(Duration.ZERO);
  }
}
