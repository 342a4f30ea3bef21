package dev.sluice.gateway.cli;

import dev.sluice.gateway.assemble.Statements;
import dev.sluice.gateway.assemble.Statements.Written;
import dev.sluice.gateway.config.ConfigLoader.Result;
import dev.sluice.gateway.config.DatabaseConfig;
import dev.sluice.gateway.config.Problem;
import dev.sluice.gateway.database.Database;
import dev.sluice.gateway.database.Databases;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Asks the databases of a configuration whether they take its statements. Blocks. */
final class LiveCheck {
  private static final long PATIENCE_SECONDS = 30;

  private LiveCheck() {}

  /** One problem a statement that is not taken, or whose database cannot be asked. */
  static List<Problem> run(Result.Loaded loaded) {
    Vertx vertx = Vertx.vertx();
    Databases databases = new Databases(vertx);
    try {
      Map<String, Database> open = new LinkedHashMap<>();
      for (DatabaseConfig database : loaded.config().databases().values()) {
        open.put(database.name(), databases.open(apart(database)));
      }
      List<Problem> problems = new ArrayList<>();
      Set<String> silent = new HashSet<>();
      for (Written statement : Statements.of(loaded.config())) {
        if (silent.contains(statement.database())) {
          continue; // said once
        }
        String words = ask(statement, open, silent);
        if (!words.isEmpty()) {
          problems.add(loaded.sources().problem(statement.position(), words));
        }
      }
      return problems;
    } finally {
      settle(databases.close());
      settle(vertx.close());
    }
  }

  /** A gateway may be running on the embedded server's folder: another one is asked. */
  private static DatabaseConfig apart(DatabaseConfig config) {
    return config.source() instanceof DatabaseConfig.Embedded own
        ? config.at(new DatabaseConfig.Embedded(own.kind(), null))
        : config;
  }

  private static String ask(Written statement, Map<String, Database> open, Set<String> silent) {
    try {
      Optional<String> words =
          Statements.objection(statement, open)
              .toCompletionStage()
              .toCompletableFuture()
              .get(PATIENCE_SECONDS, TimeUnit.SECONDS);
      return words.orElse("");
    } catch (TimeoutException e) {
      silent.add(statement.database());
      Database database = open.get(statement.database());
      return "database "
          + statement.database()
          + " cannot be asked: "
          + (database == null ? "it is not there" : database.trouble());
    } catch (ExecutionException e) {
      return "database " + statement.database() + " cannot be asked: " + e.getCause();
    } catch (InterruptedException stop) {
      Thread.currentThread().interrupt();
      return "interrupted";
    }
  }

  private static void settle(Future<?> closing) {
    try {
      closing.toCompletionStage().toCompletableFuture().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException stop) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException ignored) {
      // the process ends anyway
    }
  }
}
