package dev.sluice.gateway.exchange;

import dev.sluice.gateway.config.RouteConfig.PathPattern;
import io.vertx.core.MultiMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The facts of a request that templates show; see {@link #of}. */
public interface TemplateValues {
  MultiMap headers();

  @Nullable String query();

  /** Values of the path's parameters. */
  String[] pathValues();

  /**
   * The rest of the path behind a route's {@code /*} as it stands there, percent-encoded; null when
   * the route has none.
   */
  default @Nullable String rest() {
    return null;
  }

  /** The value that has this name; null for none. */
  default @Nullable Object named(String name) {
    return null;
  }

  String method();

  String path();

  String authority();

  String requestId();

  String clientAddress();

  /** Wall clock of the request's head. */
  long startMillis();

  /** The same with values that have names of their own; null for an unknown one. */
  default TemplateValues with(Function<String, @Nullable Object> names) {
    throw new UnsupportedOperationException();
  }

  /** Those of an exchange. */
  static TemplateValues of(Exchange exchange) {
    return new Exchanged(exchange, name -> null);
  }

  /** Reads through to the exchange. */
  record Exchanged(Exchange exchange, Function<String, @Nullable Object> names)
      implements TemplateValues {
    @Override
    public TemplateValues with(Function<String, @Nullable Object> more) {
      return new Exchanged(exchange, more);
    }

    @Override
    public @Nullable Object named(String name) {
      return names.apply(name);
    }

    @Override
    public MultiMap headers() {
      return exchange.requestHeaders();
    }

    @Override
    public @Nullable String query() {
      return exchange.query();
    }

    @Override
    public String[] pathValues() {
      return exchange.pathValues();
    }

    @Override
    public @Nullable String rest() {
      RouteView route = exchange.route();
      return route != null
              && route.config().match().path() instanceof PathPattern.Template pattern
              && pattern.text().endsWith("/*")
          ? behind(exchange.path(), pattern.text())
          : null;
    }

    /** What stands behind as many slashes as the pattern has. */
    private static String behind(String path, String pattern) {
      int at = -1;
      for (int i = 0; i < pattern.length(); i++) {
        if (pattern.charAt(i) == '/') {
          at = path.indexOf('/', at + 1);
          if (at < 0) {
            return "";
          }
        }
      }
      return path.substring(at + 1);
    }

    @Override
    public String method() {
      return exchange.method();
    }

    @Override
    public String path() {
      return exchange.path();
    }

    @Override
    public String authority() {
      return exchange.authority();
    }

    @Override
    public String requestId() {
      return exchange.requestId();
    }

    @Override
    public String clientAddress() {
      return exchange.clientAddress();
    }

    @Override
    public long startMillis() {
      return exchange.startMillis();
    }
  }
}
