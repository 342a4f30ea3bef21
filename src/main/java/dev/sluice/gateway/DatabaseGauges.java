package dev.sluice.gateway;

import dev.sluice.gateway.assemble.Reloader;
import dev.sluice.gateway.assemble.Snapshot;
import dev.sluice.gateway.database.Database;
import dev.sluice.gateway.observe.MetricNames;
import dev.sluice.gateway.observe.Metrics;
import dev.sluice.gateway.observe.Metrics.Labelled;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;

/** Shows the databases of the configuration in service among the metrics. */
final class DatabaseGauges {
  private DatabaseGauges() {}

  static void show(Metrics metrics, Reloader reloader) {
    metrics.gauges(
        MetricNames.DATABASE_CONNECTIONS,
        "Connections to databases.",
        () ->
            each(
                reloader,
                database ->
                    Stream.of(
                        of(database, database.load().inUse(), "state", "in_use"),
                        of(database, database.load().idle(), "state", "idle"))));
    metrics.gauges(
        MetricNames.DATABASE_WAITING,
        "Statements and transactions that wait for a connection.",
        () -> each(reloader, database -> Stream.of(of(database, database.load().waiting()))));
    metrics.gauges(
        MetricNames.DATABASE_UP,
        "1 for a database that serves.",
        () ->
            each(
                reloader, database -> Stream.of(of(database, database.trouble() == null ? 1 : 0))));
  }

  private static List<Labelled> each(
      Reloader reloader, Function<Database, Stream<Labelled>> values) {
    Snapshot current = reloader.current();
    return current == null
        ? List.of()
        : current.databases().values().stream().flatMap(values).toList();
  }

  private static Labelled of(Database database, double value, String... more) {
    List<String> labels = new ArrayList<>(List.of("database", database.name()));
    labels.addAll(List.of(more));
    return new Labelled(value, labels);
  }
}
