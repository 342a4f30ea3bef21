package dev.sluice.gateway.testing;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Base64;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManagerFactory;

/**
 * A self-signed certificate for 127.0.0.1 and localhost as PEM files, made by the JDK's keytool.
 */
public final class Certificates {
  private static final char[] PASSWORD = "changeit".toCharArray();

  private final Path certificate;
  private final Path key;
  private final KeyStore store;

  private Certificates(Path certificate, Path key, KeyStore store) {
    this.certificate = certificate;
    this.key = key;
    this.store = store;
  }

  /** Makes one in a folder of its own. */
  public static Certificates make()
      throws IOException, GeneralSecurityException, InterruptedException {
    Path folder = Files.createTempDirectory("certificates");
    Path file = folder.resolve("store.p12");
    Process keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                "own",
                "-keyalg",
                "EC",
                "-dname",
                "CN=localhost",
                "-validity",
                "2",
                "-ext",
                "SAN=DNS:localhost,IP:127.0.0.1",
                "-storetype",
                "PKCS12",
                "-keystore",
                file.toString(),
                "-storepass",
                new String(PASSWORD))
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("keytool.txt").toFile())
            .start();
    if (!keytool.waitFor(30, TimeUnit.SECONDS) || keytool.exitValue() != 0) {
      throw new AssertionError(Files.readString(folder.resolve("keytool.txt")));
    }
    KeyStore store = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(file)) {
      store.load(in, PASSWORD);
    }
    Path certificate = folder.resolve("server.crt");
    Path key = folder.resolve("server.key");
    Files.writeString(certificate, pem("CERTIFICATE", store.getCertificate("own").getEncoded()));
    Files.writeString(key, pem("PRIVATE KEY", store.getKey("own", PASSWORD).getEncoded()));
    KeyStore trusted = KeyStore.getInstance("PKCS12");
    trusted.load(null, PASSWORD);
    trusted.setCertificateEntry("own", store.getCertificate("own"));
    return new Certificates(certificate, key, trusted);
  }

  private static String pem(String what, byte[] bytes) {
    return "-----BEGIN "
        + what
        + "-----\n"
        + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(bytes)
        + "\n-----END "
        + what
        + "-----\n";
  }

  /** The certificate's file. */
  public Path certificate() {
    return certificate;
  }

  /** The private key's file. */
  public Path key() {
    return key;
  }

  /** Makes TLS sockets that trust this certificate. */
  public SSLSocketFactory trusting() throws GeneralSecurityException {
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(store);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trust.getTrustManagers(), null);
    return context.getSocketFactory();
  }
}
