package dev.sluice.gateway.exchange;

import io.vertx.core.MultiMap;
import org.jspecify.annotations.Nullable;

/** The facts of a request that templates show; see {@link #of}. */
public interface TemplateValues {
  MultiMap headers();

  @Nullable String query();

  /** Values of the path's parameters. */
  String[] pathValues();

  String method();

  String path();

  String authority();

  String requestId();

  String clientAddress();

  /** Wall clock of the request's head. */
  long startMillis();

  /** Those of an exchange. */
  static TemplateValues of(Exchange exchange) {
    return new Exchanged(exchange);
  }

  /** Reads through to the exchange. */
  record Exchanged(Exchange exchange) implements TemplateValues {
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
