package dev.sluice.gateway.filter.limit;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What limits of a cluster tell each other: how many tokens were taken of which key since the last
 * time. Every node has all buckets and takes from its own at once; what others took is taken from
 * it some milliseconds later, also below zero. So no request waits for the network, nothing has an
 * owner that could be gone, and in the long run exactly the rate passes: what nodes let pass too
 * much in between is owed. Any thread.
 */
final class Shared {
  /** Keys of one message; the others have the next. */
  private static final int MOST_KEYS = 5_000;

  /** What was taken of one key here and the others do not know yet. */
  interface Taken {
    String limit();

    String key();

    /** Since it was asked last. */
    long sum();
  }

  /** Keys that wait to be told of. */
  static final int MOST_WAITING = 20_000;

  private final Queue<Taken> untold = new ConcurrentLinkedQueue<>();
  private final AtomicInteger waiting = new AtomicInteger();

  /**
   * Something was taken of it, for the first time since its sum was asked.
   *
   * @return false when too many wait; it has to come again
   */
  boolean tell(Taken taken) {
    if (waiting.incrementAndGet() > MOST_WAITING) {
      waiting.decrementAndGet();
      return false;
    }
    untold.add(taken);
    return true;
  }

  /** What there is to tell now; null for nothing. */
  byte @Nullable [] message() {
    if (untold.isEmpty()) {
      return null;
    }
    ByteArrayOutputStream octets = new ByteArrayOutputStream(1_024);
    try (DataOutputStream out = new DataOutputStream(octets)) {
      String last = "";
      for (int i = 0; i < MOST_KEYS; i++) {
        Taken taken = untold.poll();
        if (taken == null) {
          break;
        }
        waiting.decrementAndGet();
        // Keys of one limit stand together most of the time: its name is said once.
        boolean same = taken.limit().equals(last);
        out.writeUTF(same ? "" : taken.limit());
        out.writeUTF(taken.key());
        out.writeLong(taken.sum());
        last = taken.limit();
      }
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
    return octets.toByteArray();
  }

  /** One that hears what was taken elsewhere. */
  interface Heard {
    void taken(String key, long tokens);
  }

  /**
   * Reads another node's message; what cannot be read is left.
   *
   * @param limits by name; null for one that there is not here
   */
  static void hear(byte[] message, Function<String, @Nullable Heard> limits) {
    try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(message))) {
      String name = "";
      while (true) {
        String next = in.readUTF();
        name = next.isEmpty() ? name : next;
        String key = in.readUTF();
        long tokens = in.readLong();
        Heard limit = limits.apply(name);
        if (limit != null) {
          limit.taken(key, tokens);
        }
      }
    } catch (EOFException end) {
      // that was all
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }
}
