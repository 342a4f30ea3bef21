package dev.sluice.gateway.testing;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A certificate for {@code localhost}, 127.0.0.1 and the names given, made by the JDK's keytool;
 * certificate and PKCS#8 key are PEM files in the directory.
 */
public record SelfSigned(Path certificate, Path key) {
  private static final String PASSWORD = "changeit";

  /**
   * Makes a key pair in the directory under this file name; the first of the names is the
   * subject's.
   */
  public static SelfSigned in(Path directory, String file, String... names)
      throws IOException, InterruptedException, GeneralSecurityException {
    Path store = directory.resolve(file + ".p12");
    Path log = directory.resolve(file + ".log");
    String subject = names.length == 0 ? "localhost" : names[0];
    StringBuilder alternatives = new StringBuilder("san=dns:localhost,ip:127.0.0.1");
    for (String name : names) {
      alternatives.append(",dns:").append(name);
    }
    Process keytool =
        new ProcessBuilder(
                List.of(
                    Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                    "-genkeypair",
                    "-alias",
                    "it",
                    "-keyalg",
                    "EC",
                    "-groupname",
                    "secp256r1",
                    "-dname",
                    "CN=" + subject,
                    "-ext",
                    alternatives.toString(),
                    "-validity",
                    "365",
                    "-storetype",
                    "PKCS12",
                    "-keystore",
                    store.toString(),
                    "-storepass",
                    PASSWORD))
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    if (!keytool.waitFor(60, TimeUnit.SECONDS) || keytool.exitValue() != 0) {
      keytool.destroyForcibly();
      throw new IOException("keytool failed: " + Files.readString(log));
    }
    KeyStore keys = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(store)) {
      keys.load(in, PASSWORD.toCharArray());
    }
    return new SelfSigned(
        pem(
            directory.resolve(file + ".crt"),
            "CERTIFICATE",
            keys.getCertificate("it").getEncoded()),
        pem(
            directory.resolve(file + ".key"),
            "PRIVATE KEY",
            keys.getKey("it", PASSWORD.toCharArray()).getEncoded()));
  }

  private static Path pem(Path file, String kind, byte[] der) throws IOException {
    String body = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
    return Files.writeString(
        file, "-----BEGIN " + kind + "-----\n" + body + "\n-----END " + kind + "-----\n");
  }
}
