package dev.sluice.gateway.config;

/**
 * One thing that is wrong in a configuration file.
 *
 * @param file as the user named it
 * @param line from 1
 * @param column from 1
 * @param message a sentence without position, with a suggestion where there is one
 * @param source the offending line, for the caret
 */
public record Problem(String file, int line, int column, String message, String source) {
  /** {@code file:line:column: message}, then the line, then a caret below the column. */
  public String render() {
    return file + ":" + line + ":" + column + ": " + message + "\n  " + source + "\n  "
        + " ".repeat(Math.max(0, column - 1)) + "^";
  }
}
