package dev.sluice.gateway.config;

/**
 * One thing that is wrong in a configuration file.
 *
 * @param file as the user named it
 * @param line from 1
 * @param column from 1, in code points
 * @param message a sentence without position, with a suggestion where there is one
 * @param source the offending line, for the caret
 */
public record Problem(String file, int line, int column, String message, String source) {
  private static final int SHOWN = 160;

  /**
   * {@code file:line:column: message}, then the line, then a caret below the column. Of a line
   * longer than 160 characters the part around the column is shown.
   */
  public String render() {
    if (source.isEmpty()) {
      return position() + ": " + message; // a missing file, say
    }
    int[] points = source.codePoints().limit(column + (long) SHOWN).toArray();
    int from =
        points.length <= SHOWN ? 0 : Math.max(0, Math.min(column - 1, points.length) - SHOWN / 2);
    int to = Math.min(points.length, from + SHOWN);
    int caret = Math.max(from, Math.min(column - 1, points.length));
    StringBuilder text = new StringBuilder(position()).append(": ").append(message).append("\n  ");
    for (int i = from; i < to; i++) {
      text.appendCodePoint(
          Character.isISOControl(points[i]) && points[i] != '\t' ? '?' : points[i]);
    }
    text.append("\n  ");
    for (int i = from; i < caret; i++) {
      // A tab stays one, so that the caret stands below its column whatever the terminal's tab
      // width is.
      text.append(points[i] == '\t' ? '\t' : ' ');
    }
    return text.append('^').toString();
  }

  /** {@code file:line:column}. */
  public String position() {
    return file + ":" + line + ":" + column;
  }
}
