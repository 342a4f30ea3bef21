package dev.sluice.gateway.config;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A listener's TLS.
 *
 * @param certificates at least one; chosen by SNI from the names in the certificates, the first is
 *     the default
 * @param min "1.2" (default) or "1.3"
 * @param ciphers empty for the library's list
 * @param clientCa with it, client certificates are asked for and must verify
 */
public record TlsConfig(
    List<KeyPair> certificates, String min, List<String> ciphers, @Nullable Path clientCa) {
  public TlsConfig {
    certificates = List.copyOf(certificates);
    ciphers = List.copyOf(ciphers);
  }

  /** A certificate chain and its key, both PEM files; absolute paths. */
  public record KeyPair(Path cert, Path key) {}
}
