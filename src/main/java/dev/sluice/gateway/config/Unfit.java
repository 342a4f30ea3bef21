package dev.sluice.gateway.config;

/**
 * Says why a scalar's text is no value of its kind; the message is for the user and has no
 * position.
 */
final class Unfit extends Exception {
  private static final long serialVersionUID = 1L;

  Unfit(String message) {
    super(message, null, false, false);
  }

  String reason() {
    String message = getMessage();
    return message == null ? "" : message;
  }
}
