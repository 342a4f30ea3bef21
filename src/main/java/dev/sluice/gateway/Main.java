package dev.sluice.gateway;

import dev.sluice.gateway.cli.Sluice;

/** Where the process begins. */
public final class Main {
  private Main() {}

  /** Runs the command line; the process ends with the command's exit code. */
  public static void main(String[] arguments) {
    // Vert.x reads it when its first class is loaded.
    System.setProperty(
        "vertx.logger-delegate-factory-class-name",
        "io.vertx.core.logging.SLF4JLogDelegateFactory");
    System.exit(Sluice.execute(arguments));
  }
}
