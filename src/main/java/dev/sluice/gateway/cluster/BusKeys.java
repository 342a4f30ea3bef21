package dev.sluice.gateway.cluster;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.EventBusOptions;
import io.vertx.core.http.ClientAuth;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPrivateKeySpec;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.Set;
import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.DERBitString;
import org.bouncycastle.asn1.DERSequence;
import org.bouncycastle.asn1.sec.SECNamedCurves;
import org.bouncycastle.asn1.sec.SECObjectIdentifiers;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.asn1.x509.TBSCertificate;
import org.bouncycastle.asn1.x509.Time;
import org.bouncycastle.asn1.x509.V3TBSCertificateGenerator;
import org.bouncycastle.asn1.x9.X9ECParameters;
import org.bouncycastle.asn1.x9.X9ObjectIdentifiers;
import org.bouncycastle.crypto.digests.SHA256Digest;
import org.bouncycastle.crypto.params.ECDomainParameters;
import org.bouncycastle.crypto.params.ECPrivateKeyParameters;
import org.bouncycastle.crypto.signers.ECDSASigner;
import org.bouncycastle.crypto.signers.HMacDSAKCalculator;
import org.bouncycastle.math.ec.FixedPointCombMultiplier;

/**
 * The key and the certificate with which nodes speak TLS to each other: a P-256 key made of the
 * cluster's secret, so that all who know it have the same, and nobody else has. The certificate
 * signs itself deterministically (RFC 6979); it is the only one that a node trusts, on both sides.
 *
 * @param key PKCS #8, PEM
 * @param certificate X.509, PEM
 */
record BusKeys(String key, String certificate) {
  private static final String CURVE = "secp256r1";
  private static final Instant FROM = Instant.parse("2000-01-01T00:00:00Z");
  private static final Instant TO = Instant.parse("9999-12-31T23:59:59Z");

  /** The same for all nodes of one key. Takes some milliseconds. */
  static BusKeys of(ClusterKey key) {
    X9ECParameters curve = SECNamedCurves.getByOID(SECObjectIdentifiers.secp256r1);
    BigInteger order = curve.getN();
    // 512 bits modulo a number of 256: the bias is beyond measure (FIPS 186-5, A.2.1).
    BigInteger number =
        new BigInteger(1, key.of("sluice event bus "))
            .mod(order.subtract(BigInteger.ONE))
            .add(BigInteger.ONE);
    try {
      return new BusKeys(
          pem("PRIVATE KEY", pkcs8(number)), pem("CERTIFICATE", signed(curve, number)));
    } catch (GeneralSecurityException everyPlatformHasIt) {
      throw new IllegalStateException(everyPlatformHasIt);
    } catch (IOException inMemory) {
      throw new UncheckedIOException(inMemory);
    }
  }

  /** Both sides prove themselves, in TLS 1.3. */
  void use(EventBusOptions options) {
    options
        .setSsl(true)
        .setEnabledSecureTransportProtocols(Set.of("TLSv1.3"))
        .setClientAuth(ClientAuth.REQUIRED)
        .setKeyCertOptions(
            new PemKeyCertOptions()
                .setKeyValue(Buffer.buffer(key))
                .setCertValue(Buffer.buffer(certificate)))
        .setTrustOptions(new PemTrustOptions().addCertValue(Buffer.buffer(certificate)));
  }

  private static byte[] pkcs8(BigInteger number) throws GeneralSecurityException {
    AlgorithmParameters parameters = AlgorithmParameters.getInstance("EC");
    parameters.init(new ECGenParameterSpec(CURVE));
    ECParameterSpec curve = parameters.getParameterSpec(ECParameterSpec.class);
    return KeyFactory.getInstance("EC")
        .generatePrivate(new ECPrivateKeySpec(number, curve))
        .getEncoded();
  }

  private static byte[] signed(X9ECParameters curve, BigInteger number)
      throws GeneralSecurityException, IOException {
    AlgorithmIdentifier algorithm = new AlgorithmIdentifier(X9ObjectIdentifiers.ecdsa_with_SHA256);
    byte[] point =
        new FixedPointCombMultiplier().multiply(curve.getG(), number).normalize().getEncoded(false);
    X500Name name = new X500Name("CN=sluice");
    V3TBSCertificateGenerator content = new V3TBSCertificateGenerator();
    content.setSerialNumber(new ASN1Integer(1));
    content.setSignature(algorithm);
    content.setIssuer(name);
    content.setSubject(name);
    content.setStartDate(new Time(Date.from(FROM)));
    content.setEndDate(new Time(Date.from(TO)));
    content.setSubjectPublicKeyInfo(
        new SubjectPublicKeyInfo(
            new AlgorithmIdentifier(
                X9ObjectIdentifiers.id_ecPublicKey, SECObjectIdentifiers.secp256r1),
            point));
    TBSCertificate certificate = content.generateTBSCertificate();
    ECDSASigner signer = new ECDSASigner(new HMacDSAKCalculator(new SHA256Digest()));
    signer.init(true, new ECPrivateKeyParameters(number, new ECDomainParameters(curve)));
    byte[] digest =
        MessageDigest.getInstance("SHA-256").digest(certificate.getEncoded(ASN1Encoding.DER));
    BigInteger[] signature = signer.generateSignature(digest);
    DERSequence pair =
        new DERSequence(
            new ASN1Integer[] {new ASN1Integer(signature[0]), new ASN1Integer(signature[1])});
    return new DERSequence(
            new org.bouncycastle.asn1.ASN1Encodable[] {
              certificate, algorithm, new DERBitString(pair.getEncoded(ASN1Encoding.DER))
            })
        .getEncoded(ASN1Encoding.DER);
  }

  private static String pem(String what, byte[] content) {
    return "-----BEGIN "
        + what
        + "-----\n"
        + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content)
        + "\n-----END "
        + what
        + "-----\n";
  }

  @Override
  public String toString() {
    return "BusKeys[***]";
  }
}
