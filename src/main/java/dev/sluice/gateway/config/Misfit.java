package dev.sluice.gateway.config;

/** Something that makes no sense once it is compiled, and where it stands in the files. */
public final class Misfit extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  private final String position;

  /**
   * @param position file:line:column
   * @param sentence what is wrong
   */
  public Misfit(String position, String sentence) {
    super(sentence);
    this.position = position;
  }

  /** The same with what found it. */
  public Misfit(String position, String sentence, Throwable cause) {
    super(sentence, cause);
    this.position = position;
  }

  /** Where it stands. */
  public String position() {
    return position;
  }
}
