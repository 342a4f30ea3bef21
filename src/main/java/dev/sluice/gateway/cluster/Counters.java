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

  private static final Cluster.Count NOTHING = new Cluster.Count(0, 0);

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
   */
  static List<Cluster.Counted> add(
      HazelcastInstance own, String name, Map<String, Cluster.Count> counts, long seconds) {
    PartitionService partitions = own.getPartitionService();
    IMap<String, Long> map = own.getMap(MAP);
    // By partition: the processor carries the counts of its keys only, and one that fails, or whose
    // keeper is silent, holds up no other.
    Map<Integer, Map<String, Cluster.Count>> parts = new HashMap<>();
    counts.forEach((key, count) ->
        parts
            .computeIfAbsent(
                partitions.getPartition(named(name, key)).getPartitionId(), part -> new HashMap<>())
            .put(key, count));
    return parts.values().stream().map(part -> add(map, name, part, seconds)).toList();
  }

  private static Cluster.Counted add(
      IMap<String, Long> map, String name, Map<String, Cluster.Count> part, long seconds) {
    Map<String, Cluster.Count> named = new HashMap<>();
    part.forEach((key, count) -> named.put(named(name, key), count));
    Future<Map<String, Long>> sums =
        Future.fromCompletionStage(map.submitToKeys(named.keySet(), new Add(named, seconds)))
            .map(answer -> {
              Map<String, Long> byKey = new HashMap<>();
              answer.forEach((key, sum) -> byKey.put(key.substring(name.length() + 1), sum));
              return byKey;
            });
    return new Cluster.Counted(part.keySet(), sums);
  }

  private static String named(String name, String key) {
    return name + '\n' + key;
  }

  /** Runs where a key is kept, and where its backup is. */
  static final class Add
      implements EntryProcessor<String, Long, Long>,
          com.hazelcast.nio.serialization.DataSerializable {
    private static final long serialVersionUID = 1L;

    private transient Map<String, Cluster.Count> counts = Map.of();
    private long seconds;

    /** For Hazelcast. */
    public Add() {}

    Add(Map<String, Cluster.Count> counts, long seconds) {
      this.counts = counts;
      this.seconds = seconds;
    }

    @Override
    public Long process(Map.Entry<String, Long> entry) {
      Cluster.Count count = counts.getOrDefault(entry.getKey(), NOTHING);
      Long before = entry.getValue();
      long sum = Math.max(before == null ? 0 : before, count.known()) + count.added();
      if (before == null || before != sum) {
        ((ExtendedMapEntry<String, Long>) entry).setValue(sum, seconds, TimeUnit.SECONDS);
      }
      return sum;
    }

    @Override
    public void writeData(ObjectDataOutput out) throws IOException {
      out.writeLong(seconds);
      out.writeInt(counts.size());
      for (Map.Entry<String, Cluster.Count> each : counts.entrySet()) {
        out.writeString(each.getKey());
        out.writeLong(each.getValue().known());
        out.writeLong(each.getValue().added());
      }
    }

    @Override
    public void readData(ObjectDataInput in) throws IOException {
      seconds = in.readLong();
      int size = in.readInt();
      counts = new HashMap<>(size * 2);
      for (int i = 0; i < size; i++) {
        counts.put(in.readString(), new Cluster.Count(in.readLong(), in.readLong()));
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
