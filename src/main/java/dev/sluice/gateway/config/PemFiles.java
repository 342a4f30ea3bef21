package dev.sluice.gateway.config;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.nodes.Node;

/** Files named in the configuration: that they are there, can be parsed, and belong together. */
final class PemFiles {
  private static final int LARGEST = 4 << 20;
  private static final Pattern KEY =
      Pattern.compile("-----BEGIN (RSA |EC |ENCRYPTED )?PRIVATE KEY-----([^-]*)-----END");

  /**
   * A path relative to the naming file; whether it can be read is for the reader of its content.
   */
  static final Scalar<Path> PATH =
      Values.TEXT
          .then((text, at, reading) -> {
            try {
              Path base = reading.sources().path(at.getStartMark().orElseThrow().getName());
              return base.resolveSibling(text.value()).toAbsolutePath().normalize();
            } catch (java.nio.file.InvalidPathException e) {
              throw new Unfit(Reading.shown(text) + " is no path");
            }
          })
          .named("file");

  private PemFiles() {}

  /**
   * The file's content, noted as a dependency; null when it cannot be read, which has then been
   * reported.
   */
  static byte @Nullable [] content(Path path, Node at, Reading reading) {
    String shown = "'" + path.getFileName() + "'";
    reading.sources().watch(path);
    try {
      if (!Files.isRegularFile(path)) {
        reading.problem(at, shown + " is no file that can be read");
        return null;
      }
      if (Files.size(path) > LARGEST) {
        reading.problem(at, shown + " is larger than 4MiB");
        return null;
      }
      byte[] content = Files.readAllBytes(path);
      reading.sources().depends(path, content);
      return content;
    } catch (IOException e) {
      reading.problem(at, shown + " is no file that can be read");
      return null;
    }
  }

  /** The certificates in a PEM file; empty when there are none, which has then been reported. */
  static List<X509Certificate> certificates(Path path, Node at, Reading reading) {
    byte[] content = content(path, at, reading);
    if (content == null) {
      return List.of();
    }
    List<X509Certificate> certificates = new ArrayList<>();
    try {
      CertificateFactory factory = CertificateFactory.getInstance("X.509");
      for (var each : factory.generateCertificates(new ByteArrayInputStream(content))) {
        certificates.add((X509Certificate) each);
      }
    } catch (GeneralSecurityException e) {
      certificates.clear();
    }
    if (certificates.isEmpty()) {
      reading.problem(at, "'" + path.getFileName() + "' holds no certificate in PEM form");
    }
    return certificates;
  }

  /** Checks a pair: both can be parsed, and the key is the certificate's. */
  static void pair(Path cert, Node certAt, Path key, Node keyAt, Reading reading) {
    List<X509Certificate> certificates = certificates(cert, certAt, reading);
    byte[] content = content(key, keyAt, reading);
    if (content == null) {
      return;
    }
    String shown = "'" + key.getFileName() + "'";
    Matcher matcher = KEY.matcher(new String(content, StandardCharsets.ISO_8859_1));
    if (!matcher.find()) {
      reading.problem(keyAt, shown + " holds no private key in PEM form");
      return;
    }
    String kind = matcher.group(1);
    if ("ENCRYPTED ".equals(kind)) {
      reading.problem(keyAt, shown + " is encrypted; the gateway needs a key without passphrase");
      return;
    }
    if (certificates.isEmpty()) {
      return;
    }
    PublicKey publicKey = certificates.get(0).getPublicKey();
    try {
      byte[] der = Base64.getMimeDecoder().decode(matcher.group(2));
      PrivateKey privateKey =
          KeyFactory.getInstance(publicKey.getAlgorithm())
              .generatePrivate(
                  new PKCS8EncodedKeySpec(kind == null ? der : wrapped(der, publicKey)));
      if (!belongTogether(privateKey, publicKey)) {
        reading.problem(keyAt, shown + " is not the key of '" + cert.getFileName() + "'");
      }
    } catch (GeneralSecurityException | IllegalArgumentException e) {
      reading.problem(keyAt, shown + " is no usable key for '" + cert.getFileName() + "'");
    }
  }

  private static boolean belongTogether(PrivateKey privateKey, PublicKey publicKey)
      throws GeneralSecurityException {
    String algorithm =
        switch (publicKey.getAlgorithm()) {
          case "RSA" -> "SHA256withRSA";
          case "EC" -> "SHA256withECDSA";
          default -> publicKey.getAlgorithm();
        };
    byte[] message = {1, 2, 3};
    Signature signer = Signature.getInstance(algorithm);
    signer.initSign(privateKey);
    signer.update(message);
    byte[] signature = signer.sign();
    signer.initVerify(publicKey);
    signer.update(message);
    return signer.verify(signature);
  }

  /**
   * A PKCS#1 or SEC 1 key as PKCS#8 (RFC 5208 §5), which needs the algorithm and, for EC, the
   * curve: both stand at the beginning of the certificate's SubjectPublicKeyInfo (RFC 5280 §4.1).
   */
  private static byte[] wrapped(byte[] key, PublicKey publicKey) {
    byte[] info = publicKey.getEncoded();
    int inner = 2 + ((info[1] & 0x80) != 0 ? info[1] & 0x7f : 0);
    int length = 2 + (info[inner + 1] & 0x7f);
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    body.writeBytes(new byte[] {2, 1, 0});
    body.write(info, inner, length);
    body.writeBytes(tagged(4, key));
    return tagged(0x30, body.toByteArray());
  }

  private static byte[] tagged(int tag, byte[] content) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(tag);
    if (content.length < 0x80) {
      out.write(content.length);
    } else {
      out.write(0x83);
      out.write(content.length >> 16);
      out.write(content.length >> 8);
      out.write(content.length);
    }
    out.writeBytes(content);
    return out.toByteArray();
  }
}
