package dev.sluice.gateway;

/** The version of this build, as the jar's manifest states it. */
public final class Version {
  private Version() {}

  /** The version, or {@code dev} when the classes do not come from the jar. */
  public static String current() {
    String version = Version.class.getPackage().getImplementationVersion();
    return version == null ? "dev" : version;
  }
}
