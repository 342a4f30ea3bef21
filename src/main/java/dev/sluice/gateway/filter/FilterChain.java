package dev.sluice.gateway.filter;

import dev.sluice.gateway.exchange.Exchange;
import dev.sluice.gateway.exchange.Hooks;
import java.util.List;

/** SKELETON: an ordered list of filters, run for an exchange. The filter author fills this in with the core author. */
public final class FilterChain implements Hooks {
  private final Filter[] filters;

  public FilterChain(List<Filter> filters) {
    this.filters = filters.toArray(new Filter[0]);
  }

  /** Whether there is nothing to run. */
  public boolean isEmpty() {
    return filters.length == 0;
  }

  @Override
  public void beforeHead(Exchange exchange) {}

  @Override
  public void afterEnd(Exchange exchange) {}
}
