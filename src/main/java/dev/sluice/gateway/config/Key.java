package dev.sluice.gateway.config;

import org.jspecify.annotations.Nullable;

/**
 * One key of a block.
 *
 * @param standard the default, written as in a file and read through the same shape; null for none
 * @param meaning one sentence or two, for the reference and for editors
 */
record Key<V>(
    String name, Shape<V> shape, @Nullable String standard, boolean required, String meaning) {
  static <V> Key<V> required(String name, Shape<V> shape, String meaning) {
    return new Key<>(name, shape, null, true, meaning);
  }

  static <V> Key<V> optional(String name, Shape<V> shape, String meaning) {
    return new Key<>(name, shape, null, false, meaning);
  }

  static <V> Key<V> of(String name, Shape<V> shape, String standard, String meaning) {
    return new Key<>(name, shape, standard, false, meaning);
  }
}
