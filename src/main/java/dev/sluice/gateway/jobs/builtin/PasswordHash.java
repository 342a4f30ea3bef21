package dev.sluice.gateway.jobs.builtin;

import dev.sluice.gateway.jobs.api.Job;
import dev.sluice.gateway.jobs.api.JobContext;
import dev.sluice.gateway.offload.Kind;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import org.bouncycastle.crypto.generators.Argon2BytesGenerator;
import org.bouncycastle.crypto.generators.Argon2BytesGenerator.BlockPool;
import org.bouncycastle.crypto.generators.Argon2BytesGenerator.FixedBlockPool;
import org.bouncycastle.crypto.params.Argon2Parameters;

/**
 * {@code password-hash}: a password becomes an Argon2id hash in the PHC form (RFC 9106), with the
 * parameters that OWASP's Password Storage Cheat Sheet names first: 19 MiB, 2 passes, one lane.
 */
public final class PasswordHash implements Job<PasswordHash.Input, PasswordHash.Output> {
  private static final int MEMORY_KIB = 19 * 1024;
  private static final int PASSES = 2;

  /** What the algorithm needs beside its memory. */
  private static final int SPARE_BLOCKS = 4;

  private static final int SALT_BYTES = 16;
  private static final int HASH_BYTES = 32;
  private static final int KEPT_POOLS = Runtime.getRuntime().availableProcessors();
  private static final Base64.Encoder BASE64 = Base64.getEncoder().withoutPadding();

  private final SecureRandom random = new SecureRandom();

  /** Memory that is used again: 19 MiB of garbage a hash would be felt by every exchange. */
  private final BlockingQueue<BlockPool> pools = new ArrayBlockingQueue<>(KEPT_POOLS);

  /** The password; at most 1,024 characters. */
  public record Input(String password) {
    @Override
    public String toString() {
      return "Input[password=…]"; // never in a log
    }
  }

  /** The hash, as it is kept. */
  public record Output(String hash) {}

  @Override
  public String name() {
    return "password-hash";
  }

  @Override
  public Kind kind() {
    return Kind.CPU;
  }

  @Override
  public Class<Input> input() {
    return Input.class;
  }

  @Override
  public String inputSchema() {
    return """
    {"type": "object", "required": ["password"], "additionalProperties": false,
     "properties": {"password": {"type": "string", "minLength": 1, "maxLength": 1024}}}\
    """;
  }

  @Override
  public Output run(Input input, JobContext context) {
    byte[] salt = new byte[SALT_BYTES];
    random.nextBytes(salt);
    BlockPool kept = pools.poll();
    BlockPool pool = kept == null ? new FixedBlockPool(MEMORY_KIB + SPARE_BLOCKS) : kept;
    Argon2BytesGenerator argon2 = new Argon2BytesGenerator();
    argon2.init(
        new Argon2Parameters.Builder(Argon2Parameters.ARGON2_id)
            .withVersion(Argon2Parameters.ARGON2_VERSION_13)
            .withIterations(PASSES)
            .withMemoryAsKB(MEMORY_KIB)
            .withParallelism(1)
            .withSalt(salt)
            .withBlockPool(pool)
            .build());
    byte[] hash = new byte[HASH_BYTES];
    argon2.generateBytes(input.password().getBytes(StandardCharsets.UTF_8), hash);
    pools.offer(pool); // when there are enough it goes to the collector
    return new Output(
        "$argon2id$v=19$m=%d,t=%d,p=1$%s$%s"
            .formatted(
                MEMORY_KIB, PASSES, BASE64.encodeToString(salt), BASE64.encodeToString(hash)));
  }
}
