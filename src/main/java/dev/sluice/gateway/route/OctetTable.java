package dev.sluice.gateway.route;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A hash table whose keys are octets and which is asked with a region of percent-encoded text: no
 * string is made for a question. Filled while a table is built, then only read.
 */
final class OctetTable<V> {
  private byte[][] keys = new byte[4][];
  private @Nullable Object[] values = new Object[4];
  private int size;

  /** The value of the key that the region stands for; null when there is none. */
  @SuppressWarnings("unchecked")
  @Nullable V find(String text, int from, int to) {
    if (size == 0) {
      return null;
    }
    int mask = values.length - 1;
    for (int slot = PercentText.hash(text, from, to) & mask; ; slot = (slot + 1) & mask) {
      Object value = values[slot];
      if (value == null || PercentText.same(keys[slot], text, from, to)) {
        return (V) value;
      }
    }
  }

  @SuppressWarnings("unchecked")
  @Nullable V find(byte[] key) {
    return (V) values[slot(key)];
  }

  /** Enters a key that is not there yet. */
  void put(byte[] key, V value) {
    // At most half full: probes stay short and always end at an empty slot.
    if (++size * 2 > values.length) {
      grow();
    }
    int slot = slot(key);
    keys[slot] = key;
    values[slot] = value;
  }

  int size() {
    return size;
  }

  @SuppressWarnings("unchecked")
  void forEach(java.util.function.Consumer<V> action) {
    for (Object value : values) {
      if (value != null) {
        action.accept((V) value);
      }
    }
  }

  private int slot(byte[] key) {
    int mask = values.length - 1;
    int slot = PercentText.hash(key) & mask;
    while (values[slot] != null && !Arrays.equals(keys[slot], key)) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  private void grow() {
    byte[][] oldKeys = keys;
    @Nullable Object[] old = values;
    keys = new byte[old.length * 2][];
    values = new Object[old.length * 2];
    for (int i = 0; i < old.length; i++) {
      if (old[i] != null) {
        int slot = slot(oldKeys[i]);
        keys[slot] = oldKeys[i];
        values[slot] = old[i];
      }
    }
  }
}
