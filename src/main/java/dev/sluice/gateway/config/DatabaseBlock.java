package dev.sluice.gateway.config;

import static dev.sluice.gateway.config.Values.count;
import static dev.sluice.gateway.config.Values.duration;

import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.nodes.Node;

/** The keys of a database. */
final class DatabaseBlock {
  private static final Map<String, DatabaseConfig.Kind> SCHEMES =
      Map.of(
          "postgresql", DatabaseConfig.Kind.POSTGRES,
          "postgres", DatabaseConfig.Kind.POSTGRES,
          "mysql", DatabaseConfig.Kind.MYSQL,
          "mariadb", DatabaseConfig.Kind.MYSQL);
  private static final Map<String, DatabaseConfig.Kind> EMBEDDED =
      Map.of(
          "postgres", DatabaseConfig.Kind.POSTGRES,
          "mariadb", DatabaseConfig.Kind.MYSQL);
  private static final List<String> TLS_MODES =
      List.of("disable", "prefer", "require", "verify-ca", "verify-full");
  private static final Pattern PASSWORD = Pattern.compile("://[^:/]*:(.+)@");
  private static final String WANTED =
      "is no database: write postgresql://user:password@host:port/name, mysql://…,"
          + " embedded:postgres or embedded:mariadb";

  private static final Scalar<Function<String, DatabaseConfig.Source>> SOURCE =
      Values.LINE.then(DatabaseBlock::source).named("address of a database");
  private static final Key<Function<String, DatabaseConfig.Source>> URL =
      Key.required(
          "url",
          SOURCE,
          "`postgresql://user:password@host:port/name`, `mysql://…`, `embedded:postgres` or"
              + " `embedded:mariadb`; `?sslmode=require` for TLS, `?temporary` for an embedded one"
              + " that keeps nothing.");
  private static final Key<Integer> MIN =
      Key.of("min", count(0, 10_000), "0", "Connections opened ahead.");
  private static final Key<Integer> MAX =
      Key.of("max", count(1, 10_000), "20", "Connections of this node.");
  private static final Key<Duration> CONNECT =
      Key.of(
          "connect",
          duration("1ms", "10m"),
          "10s",
          "Longest wait for a connection, a new one's making included.");
  private static final Key<Duration> IDLE =
      Key.of("idle", duration("1s", "1d"), "300s", "An unused connection is closed after this.");
  private static final Key<Integer> WAIT =
      Key.of("wait", count(0, 1_000_000), "256", "Statements that may wait for a connection.");
  private static final Block<DatabaseConfig.Pool> POOL_BLOCK =
      new Block<>(
          "database pool",
          "The connections to a database.",
          List.of(MIN, MAX, CONNECT, IDLE, WAIT),
          fields -> {
            if (fields.value(MIN) > fields.value(MAX)) {
              fields.problem(MIN, "min must not be larger than max");
            }
            return new DatabaseConfig.Pool(
                fields.value(MIN),
                fields.value(MAX),
                fields.value(CONNECT),
                fields.value(IDLE),
                fields.value(WAIT));
          });
  private static final Key<DatabaseConfig.Pool> POOL =
      Key.of("pool", POOL_BLOCK, "{}", "Its connections.");
  private static final Key<Duration> STATEMENT_TIMEOUT =
      Key.of(
          "statementTimeout",
          duration("1ms", "1d"),
          "30s",
          "How long a statement may take; the database itself ends it.");
  private static final Key<Integer> STATEMENT_CACHE =
      Key.of(
          "statementCache",
          count(0, 10_000),
          "100",
          "Prepared statements kept on each connection; 0 for none.");
  private static final Key<Duration> STATEMENT_CACHE_LIFETIME =
      Key.optional(
          "statementCacheLifetime",
          duration("1s", "30d"),
          "How old these get; a connection is replaced then. No bound without it.");
  private static final Key<List<String>> INIT =
      Key.of("init", Shapes.list(Values.TEXT), "[]", "Statements for each new connection.");
  private static final Key<Path> MIGRATIONS =
      Key.optional(
          "migrations",
          PemFiles.PATH
              .then((text, at, reading) -> {
                Path folder = PemFiles.PATH.parser().parse(text, at, reading);
                if (!Files.isDirectory(folder)) {
                  throw new Unfit(Reading.shown(text) + " is no folder");
                }
                return folder;
              })
              .named("folder"),
          "A folder of migrations, `V1__name.sql` and so on, run before the database serves.");

  static final Block<Function<String, DatabaseConfig>> BLOCK =
      new Block<>(
          "database",
          "A named database.",
          List.of(
              URL,
              POOL,
              STATEMENT_TIMEOUT,
              STATEMENT_CACHE,
              STATEMENT_CACHE_LIFETIME,
              INIT,
              MIGRATIONS),
          fields ->
              name ->
                  new DatabaseConfig(
                      name,
                      fields.value(URL).apply(name),
                      fields.value(POOL),
                      fields.value(STATEMENT_TIMEOUT),
                      fields.value(STATEMENT_CACHE),
                      fields.optional(STATEMENT_CACHE_LIFETIME),
                      fields.value(INIT),
                      fields.optional(MIGRATIONS),
                      Set.of()));

  private DatabaseBlock() {}

  private static Function<String, DatabaseConfig.Source> source(
      Reading.Text text, Node at, Reading reading) throws Unfit {
    String url = text.value();
    // The password may stand in it as it is: of the address nothing is shown but its scheme.
    Matcher password = PASSWORD.matcher(url);
    if (password.find()) {
      reading.sources().hide(password.group(1));
    }
    String shown = "'" + url.substring(0, Math.min(url.indexOf(':') + 1, 20)) + "…'";
    if (url.startsWith("embedded:")) {
      return embedded(url.substring("embedded:".length()), at, reading);
    }
    try {
      URI uri = new URI(url);
      DatabaseConfig.Kind kind = SCHEMES.get(uri.getScheme() == null ? "" : uri.getScheme());
      if (kind == null || uri.getHost() == null || uri.getPath() == null) {
        throw new Unfit(shown + " " + WANTED);
      }
      return server(uri, kind, shown, reading);
    } catch (URISyntaxException e) {
      throw new Unfit(
          shown + " is malformed; characters such as @ and / in a password are written %40, %2F");
    }
  }

  private static Function<String, DatabaseConfig.Source> server(
      URI uri, DatabaseConfig.Kind kind, String shown, Reading reading) throws Unfit {
    String user = uri.getRawUserInfo() == null ? "" : uri.getRawUserInfo();
    int colon = user.indexOf(':');
    String password = colon < 0 ? "" : decode(user.substring(colon + 1));
    if (!password.isEmpty()) {
      reading.sources().hide(password);
    }
    String database = uri.getPath().startsWith("/") ? uri.getPath().substring(1) : "";
    if (user.isEmpty() || database.isEmpty() || database.contains("/")) {
      throw new Unfit(shown + " " + WANTED);
    }
    String tls = null;
    if (uri.getRawQuery() != null) {
      if (!uri.getRawQuery().startsWith("sslmode=")) {
        throw new Unfit(shown + " has a parameter that is not known; there is: sslmode");
      }
      tls = uri.getRawQuery().substring("sslmode=".length());
      if (!TLS_MODES.contains(tls)) {
        throw new Unfit("sslmode is not known; there is: " + String.join(", ", TLS_MODES));
      }
    }
    int standard = kind == DatabaseConfig.Kind.POSTGRES ? 5432 : 3306;
    DatabaseConfig.Server server =
        new DatabaseConfig.Server(
            kind,
            uri.getHost(),
            uri.getPort() < 0 ? standard : uri.getPort(),
            decode(colon < 0 ? user : user.substring(0, colon)),
            new Secret(password),
            database,
            tls);
    return name -> server;
  }

  private static Function<String, DatabaseConfig.Source> embedded(
      String text, Node at, Reading reading) throws Unfit {
    boolean temporary = text.endsWith("?temporary");
    String word = temporary ? text.substring(0, text.length() - "?temporary".length()) : text;
    DatabaseConfig.@Nullable Kind kind = EMBEDDED.get(word);
    if (kind == null) {
      String near = Nearest.suggestion(word, EMBEDDED.keySet());
      throw new Unfit(
          "there is no embedded database '"
              + word
              + "'"
              + (near.isEmpty() ? "; there is: mariadb, postgres" : near));
    }
    Path file = reading.sources().path(at.getStartMark().orElseThrow().getName());
    Path data = file.toAbsolutePath().normalize().resolveSibling("data");
    return name -> new DatabaseConfig.Embedded(kind, temporary ? null : data.resolve(name));
  }

  private static String decode(String text) {
    return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
  }
}
