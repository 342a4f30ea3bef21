package dev.sluice.gateway.cluster;

import com.hazelcast.config.Config;
import com.hazelcast.config.EvictionPolicy;
import com.hazelcast.config.MapConfig;
import com.hazelcast.config.MaxSizePolicy;
import com.hazelcast.config.MergePolicyConfig;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.map.EntryProcessor;
import com.hazelcast.map.ExtendedMapEntry;
import com.hazelcast.map.IMap;
import com.hazelcast.nio.ObjectDataInput;
import com.hazelcast.nio.ObjectDataOutput;
import com.hazelcast.partition.PartitionService;
import com.hazelcast.spi.merge.MergingValue;
import com.hazelcast.spi.merge.SplitBrainMergePolicy;
import io.vertx.core.Future;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Counts that the members keep together, each with one backup on another member. They are added up
 * where they are kept, many at a time. When two parts of a cluster that counted apart come together
 * the larger count of each key stays. Any thread but an event loop.
 */
final class Counters {
  private static final String MAP = "sluice.counters";

  /** On each member; beyond it those that were not used for longest go. */
  private static final int MOST = 1_000_000;

  private Counters() {}

  static void configure(Config config) {
    MapConfig map = new MapConfig(MAP).setBackupCount(1);
    map.getEvictionConfig()
        .setEvictionPolicy(EvictionPolicy.LRU)
        .setMaxSizePolicy(MaxSizePolicy.PER_NODE)
        .setSize(MOST);
    map.setMergePolicyConfig(new MergePolicyConfig().setPolicy(Larger.class.getName()));
    config.addMapConfig(map);
  }

  /**
   * Adds to counts.
   *
   * @param name what they belong to
   * @param seconds they are kept after they were last added to
   * @return the sums of those that were answered; fails when none was
   */
  static Future<Map<String, Long>> add(
      HazelcastInstance own, String name, Map<String, Long> counts, long seconds) {
    PartitionService partitions = own.getPartitionService();
    IMap<String, Long> map = own.getMap(MAP);
    // By partition: the processor carries the counts of its keys only, and one that fails costs the
    // others nothing.
    Map<Integer, Map<String, Long>> parts = new HashMap<>();
    counts.forEach((key, count) -> {
      String named = name + '\n' + key;
      parts
          .computeIfAbsent(partitions.getPartition(named).getPartitionId(), part -> new HashMap<>())
          .put(named, count);
    });
    List<Future<Map<String, Long>>> asked = new ArrayList<>();
    for (Map<String, Long> part : parts.values()) {
      asked.add(
          Future.fromCompletionStage(map.submitToKeys(part.keySet(), new Add(part, seconds))));
    }
    return Future.join(asked)
        .transform(done -> {
          Map<String, Long> totals = new HashMap<>();
          asked.stream()
              .filter(Future::succeeded)
              .forEach(part ->
                  part.result()
                      .forEach((key, sum) -> totals.put(key.substring(name.length() + 1), sum)));
          return totals.isEmpty() && done.failed()
              ? Future.failedFuture(done.cause())
              : Future.succeededFuture(totals);
        });
  }

  /** Runs where a key is kept, and where its backup is. */
  static final class Add
      implements EntryProcessor<String, Long, Long>,
          com.hazelcast.nio.serialization.DataSerializable {
    private static final long serialVersionUID = 1L;

    private transient Map<String, Long> counts = Map.of();
    private long seconds;

    /** For Hazelcast. */
    public Add() {}

    Add(Map<String, Long> counts, long seconds) {
      this.counts = counts;
      this.seconds = seconds;
    }

    @Override
    public Long process(Map.Entry<String, Long> entry) {
      Long before = entry.getValue();
      long count = counts.getOrDefault(entry.getKey(), 0L);
      long sum = (before == null ? 0 : before) + count;
      if (before == null || count != 0) {
        ((ExtendedMapEntry<String, Long>) entry).setValue(sum, seconds, TimeUnit.SECONDS);
      }
      return sum;
    }

    @Override
    public void writeData(ObjectDataOutput out) throws IOException {
      out.writeLong(seconds);
      out.writeInt(counts.size());
      for (Map.Entry<String, Long> each : counts.entrySet()) {
        out.writeString(each.getKey());
        out.writeLong(each.getValue());
      }
    }

    @Override
    public void readData(ObjectDataInput in) throws IOException {
      seconds = in.readLong();
      int size = in.readInt();
      counts = new HashMap<>(size * 2);
      for (int i = 0; i < size; i++) {
        counts.put(in.readString(), in.readLong());
      }
    }
  }

  /** Neither part knew of the other: what both counted at least stays. */
  static final class Larger implements SplitBrainMergePolicy<Long, MergingValue<Long>, Object> {
    /** For Hazelcast. */
    public Larger() {}

    @Override
    public Object merge(MergingValue<Long> merging, MergingValue<Long> existing) {
      Long one = merging.getValue();
      Long other = existing == null ? null : existing.getValue();
      return other == null || one > other ? merging.getRawValue() : existing.getRawValue();
    }

    @Override
    public void writeData(ObjectDataOutput out) {}

    @Override
    public void readData(ObjectDataInput in) {}
  }
}
