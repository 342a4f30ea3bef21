package dev.sluice.gateway.exchange;

/** What runs at two moments of an exchange's life; filled by the filter chain. */
public interface Hooks {
  /** Does nothing. */
  Hooks NONE =
      new Hooks() {
        @Override
        public void beforeHead(Exchange exchange) {}

        @Override
        public void afterEnd(Exchange exchange) {}
      };

  /** Status and headers of the answer are set and have not left. Once at most. */
  void beforeHead(Exchange exchange);

  /** The exchange is over, however it ended. Once. */
  void afterEnd(Exchange exchange);
}
