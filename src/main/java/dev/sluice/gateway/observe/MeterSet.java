package dev.sluice.gateway.observe;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The cells of one route or upstream, one a loop. Loops write their own; any thread reads. */
final class MeterSet {
  private final String name;
  private final MeterCell[] cells;

  MeterSet(String name, int loops) {
    this.name = name;
    this.cells = new MeterCell[loops];
    for (int i = 0; i < loops; i++) {
      cells[i] = new MeterCell();
    }
  }

  String name() {
    return name;
  }

  MeterCell cell(int loop) {
    return cells[loop];
  }

  /** All loops' durations of one combination; null when it never occurred. */
  @Nullable LatencySum series(int key) {
    LatencySum sum = null;
    for (MeterCell cell : cells) {
      Latencies latencies = cell.series(key);
      if (latencies != null) {
        sum = sum == null ? new LatencySum() : sum;
        latencies.addTo(sum);
      }
    }
    return sum;
  }

  long bytesIn() {
    long bytes = 0;
    for (MeterCell cell : cells) {
      bytes += cell.bytesIn();
    }
    return bytes;
  }

  long bytesOut() {
    long bytes = 0;
    for (MeterCell cell : cells) {
      bytes += cell.bytesOut();
    }
    return bytes;
  }

  Summary summary() {
    LatencySum all = new LatencySum();
    long succeeded = 0;
    for (MeterCell cell : cells) {
      succeeded += cell.succeeded();
      for (int key = 0; key < MeterCell.SERIES; key++) {
        Latencies latencies = cell.series(key);
        if (latencies != null) {
          latencies.addTo(all);
        }
      }
    }
    return new Summary(all.figures(succeeded), recent());
  }

  private Summary.Figures recent() {
    record Past(long end, long nanos, boolean success) {}
    List<Past> past = new ArrayList<>();
    for (MeterCell cell : cells) {
      for (int i = 0; i < cell.recentSize(); i++) {
        past.add(new Past(cell.recentEnd(i), cell.recentNanos(i), cell.recentSuccess(i)));
      }
    }
    past.sort(Comparator.comparingLong(Past::end).reversed());
    List<Past> last = past.subList(0, Math.min(MeterCell.RECENT, past.size()));
    if (last.isEmpty()) {
      return Summary.Figures.NONE;
    }
    // So few are counted exactly.
    long[] nanos = last.stream().mapToLong(Past::nanos).sorted().toArray();
    long sum = 0;
    for (long value : nanos) {
      sum += value;
    }
    double ok = last.stream().filter(Past::success).count();
    int n = nanos.length;
    return new Summary.Figures(
        n,
        ok / n,
        sum / 1e6 / n,
        nanos[0] / 1e6,
        nanos[n - 1] / 1e6,
        nanos[(int) Math.ceil(0.5 * n) - 1] / 1e6,
        nanos[(int) Math.ceil(0.99 * n) - 1] / 1e6);
  }
}
