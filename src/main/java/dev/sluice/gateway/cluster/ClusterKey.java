package dev.sluice.gateway.cluster;

import dev.sluice.gateway.config.Secret;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.bouncycastle.crypto.generators.Argon2BytesGenerator;
import org.bouncycastle.crypto.params.Argon2Parameters;
import org.jspecify.annotations.Nullable;

/**
 * What nodes of one name and secret have in common. Whoever connects gets to see what was made of
 * it, and could try secrets at home until one fits; so each try is made dear (Argon2id, RFC 9106,
 * at the strength that OWASP asks of passwords at least). It is made once, when it is first asked
 * for, in some hundred milliseconds. Any thread; blocks meanwhile.
 */
final class ClusterKey {
  private static final int BYTES = 32;
  private static final int PASSES = 2;
  private static final int MEMORY_KIB = 19 * 1_024;

  private final String cluster;
  private final @Nullable Secret secret;
  private byte @Nullable [] key;

  /**
   * @param secret null for none: then everybody knows the key
   */
  ClusterKey(String cluster, @Nullable Secret secret) {
    this.cluster = cluster;
    this.secret = secret;
  }

  /** Whether there is a secret. */
  boolean secret() {
    return secret != null;
  }

  /** A key of the cluster for one use. */
  byte[] of(String use) {
    return mac(key(), use + cluster);
  }

  private synchronized byte[] key() {
    byte[] known = key;
    if (known == null) {
      known = secret == null ? new byte[BYTES] : stretched(secret.value());
      key = known;
    }
    return known;
  }

  private byte[] stretched(String text) {
    Argon2BytesGenerator argon = new Argon2BytesGenerator();
    argon.init(
        new Argon2Parameters.Builder(Argon2Parameters.ARGON2_id)
            .withVersion(Argon2Parameters.ARGON2_VERSION_13)
            .withIterations(PASSES)
            .withMemoryAsKB(MEMORY_KIB)
            .withParallelism(1)
            .withSalt(("sluice cluster " + cluster).getBytes(StandardCharsets.UTF_8))
            .build());
    byte[] made = new byte[BYTES];
    argon.generateBytes(text.getBytes(StandardCharsets.UTF_8), made);
    return made;
  }

  private static byte[] mac(byte[] key, String what) {
    try {
      Mac mac = Mac.getInstance("HmacSHA512");
      mac.init(new SecretKeySpec(key, "HmacSHA512"));
      return mac.doFinal(what.getBytes(StandardCharsets.UTF_8));
    } catch (GeneralSecurityException everyPlatformHasIt) {
      throw new IllegalStateException(everyPlatformHasIt);
    }
  }
}
