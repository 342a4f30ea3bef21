package dev.sluice.gateway.config;

/**
 * The access log.
 *
 * @param enabled default true
 * @param to {@code stdout} or a file's path
 * @param format default json
 */
public record AccessLogConfig(boolean enabled, String to, Format format) {
  /** One line an exchange, in one of these forms. */
  public enum Format {
    JSON,
    TEXT
  }
}
