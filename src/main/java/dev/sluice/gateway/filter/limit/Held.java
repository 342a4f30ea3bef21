package dev.sluice.gateway.filter.limit;

import java.lang.ref.WeakReference;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What has a name and lives as long as somebody else holds it: a snapshot that has the same goes on
 * with it, and with the last one that had it it is gone. Any thread.
 */
final class Held<T> {
  private final Map<String, WeakReference<T>> all = new ConcurrentHashMap<>();

  /**
   * The one of this name; a new one when there is none, or the one that there is does not do.
   *
   * @param does whether it goes on
   */
  T get(String name, Predicate<T> does, Supplier<T> made) {
    Object[] strong = new Object[1]; // while the map holds it weakly
    WeakReference<T> found =
        all.compute(
            name,
            (same, known) -> {
              T before = known == null ? null : known.get();
              boolean goesOn = before != null && does.test(before);
              T now = goesOn ? Objects.requireNonNull(before) : made.get();
              strong[0] = now;
              return goesOn ? Objects.requireNonNull(known) : new WeakReference<>(now);
            });
    T value = Objects.requireNonNull(found).get();
    java.lang.ref.Reference.reachabilityFence(strong);
    return Objects.requireNonNull(value);
  }

  /** Null when nobody holds one of this name. */
  @Nullable T find(String name) {
    WeakReference<T> known = all.get(name);
    return known == null ? null : known.get();
  }

  /** All that somebody holds. */
  List<T> list() {
    all.values().removeIf(known -> known.get() == null);
    return all.values().stream().map(WeakReference::get).filter(Objects::nonNull).toList();
  }
}
