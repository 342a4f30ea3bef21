package dev.sluice.gateway.exchange;

/**
 * A template that cannot be compiled: a sentence and where in its text. For configuration to
 * report.
 */
public final class TemplateFault extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  private final int offset;

  TemplateFault(int offset, String sentence) {
    super(sentence);
    this.offset = offset;
  }

  /** Index of the offending character in the template, from 0. */
  public int offset() {
    return offset;
  }
}
