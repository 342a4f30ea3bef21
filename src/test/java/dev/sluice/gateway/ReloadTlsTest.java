package dev.sluice.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.assemble.ConfigStatus;
import dev.sluice.gateway.testing.CapturedLog;
import dev.sluice.gateway.testing.RawHttp;
import dev.sluice.gateway.testing.RunningGateway;
import dev.sluice.gateway.testing.SelfSigned;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.io.InputStream;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** TLS over reloads: certificates, and a listener that gets or loses it. */
class ReloadTlsTest {
  @TempDir Path folder;
  private int made;

  private static final String ROUTES =
      "routes:\n  - {name: hello, match: {path: /hello}, respond: {text: hello}}\n";

  /** Puts a new certificate in place, file by file, and answers its serial number. */
  private BigInteger place(String name, String host) throws Exception {
    SelfSigned made =
        SelfSigned.in(Files.createDirectories(folder.resolve("new" + made())), name, host);
    for (Path file : List.of(made.certificate(), made.key())) {
      Files.move(file, folder.resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
    }
    try (InputStream in = Files.newInputStream(folder.resolve(name + ".crt"))) {
      return ((X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(in))
          .getSerialNumber();
    }
  }

  private int made() {
    return made++;
  }

  private static SSLSocketFactory trustAll() throws GeneralSecurityException {
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, InsecureTrustManagerFactory.INSTANCE.getTrustManagers(), null);
    return context.getSocketFactory();
  }

  private String pair(String name) {
    return "{cert: "
        + folder.resolve(name + ".crt")
        + ", key: "
        + folder.resolve(name + ".key")
        + "}";
  }

  private static X509Certificate shown(int port, String name) throws Exception {
    try (SSLSocket socket = (SSLSocket) trustAll().createSocket("127.0.0.1", port)) {
      SSLParameters parameters = socket.getSSLParameters();
      parameters.setServerNames(List.of(new SNIHostName(name)));
      parameters.setApplicationProtocols(new String[] {"h2", "http/1.1"});
      socket.setSSLParameters(parameters);
      socket.setSoTimeout(RawHttp.WAIT_MILLIS);
      socket.startHandshake();
      assertThat(socket.getApplicationProtocol()).isEqualTo("h2");
      return (X509Certificate) socket.getSession().getPeerCertificates()[0];
    }
  }

  @Test
  void certificatesThatChangeAgainAndAgainAreAllTakenOver() throws Exception {
    place("one", "one.example.com");
    String yaml =
        "listeners:\n  secure: {port: 0, tls: {certificates: [" + pair("one") + "]}}\n" + ROUTES;
    try (CapturedLog log = CapturedLog.open();
        RunningGateway gateway = RunningGateway.start(yaml)) {
      for (int round = 0; round < 40; round++) {
        BigInteger next = place("one", "one.example.com");
        ConfigStatus status = gateway.gateway().reload("test").get(10, TimeUnit.SECONDS);
        assertThat(status.problems()).isEmpty();
        assertThat(shown(gateway.port("secure"), "one.example.com").getSerialNumber())
            .isEqualTo(next);
      }
      assertThat(log.troubles()).isEmpty();
    }
  }

  @Test
  void replacedCertificateFilesAreShownToNewConnectionsAlsoBySni() throws Exception {
    BigInteger firstOld = place("one", "one.example.com");
    BigInteger secondOld = place("two", "two.example.com");
    String yaml =
        "listeners:\n  secure: {port: 0, tls: {certificates: ["
            + pair("one")
            + ", "
            + pair("two")
            + "]}}\n"
            + ROUTES;
    try (RunningGateway gateway = RunningGateway.start(yaml)) {
      int port = gateway.port("secure");
      assertThat(shown(port, "one.example.com").getSerialNumber()).isEqualTo(firstOld);
      assertThat(shown(port, "two.example.com").getSerialNumber()).isEqualTo(secondOld);
      try (RawHttp before = RawHttp.connectTls(port, trustAll())) {
        assertThat(before.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n").read().text())
            .isEqualTo("hello");
        BigInteger secondNew = place("two", "two.example.com");
        assertThat(gateway.gateway().reload("test").get(10, TimeUnit.SECONDS).version())
            .isEqualTo(2);
        for (int i = 0; i < 4; i++) {
          assertThat(shown(port, "one.example.com").getSerialNumber()).isEqualTo(firstOld);
          assertThat(shown(port, "two.example.com").getSerialNumber()).isEqualTo(secondNew);
        }
        assertThat(before.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n").read().text())
            .isEqualTo("hello");
      }
    }
  }

  @Test
  void aListenerGetsAndLosesTlsOnItsPort() throws Exception {
    assertThat(place("one", "one.example.com")).isNotNull();
    int port;
    try (java.net.ServerSocket free = new java.net.ServerSocket(0)) {
      port = free.getLocalPort();
    }
    String plain = "listeners:\n  public: {address: 127.0.0.1, port: " + port + "}\n" + ROUTES;
    String secure =
        "listeners:\n  public: {address: 127.0.0.1, port: "
            + port
            + ", tls: {certificates: ["
            + pair("one")
            + "]}}\n"
            + ROUTES;
    try (RunningGateway gateway = RunningGateway.start(plain)) {
      assertThat(gateway.reload(secure)).isTrue();
      for (int i = 0; i < 4; i++) {
        try (RawHttp http = RawHttp.connectTls(port, trustAll())) {
          assertThat(http.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n").read().text())
              .isEqualTo("hello");
        }
      }
      assertThat(gateway.reload(plain)).isTrue();
      for (int i = 0; i < 4; i++) {
        try (RawHttp http = RawHttp.connect(port)) {
          assertThat(http.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n").read().text())
              .isEqualTo("hello");
        }
      }
    }
  }
}
