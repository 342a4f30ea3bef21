package dev.sluice.gateway.jobs.builtin;

import com.password4j.Argon2Function;
import com.password4j.Password;
import com.password4j.types.Argon2;
import dev.sluice.gateway.jobs.api.Job;
import dev.sluice.gateway.jobs.api.JobContext;
import dev.sluice.gateway.offload.Kind;

/**
 * {@code password-hash}: a password becomes an Argon2id hash in the PHC form (RFC 9106), with the
 * parameters that OWASP's Password Storage Cheat Sheet names first: 19 MiB, 2 passes, one lane.
 */
public final class PasswordHash implements Job<PasswordHash.Input, PasswordHash.Output> {
  private static final Argon2Function ARGON2 =
      Argon2Function.getInstance(19 * 1024, 2, 1, 32, Argon2.ID);
  private static final int SALT_BYTES = 16;

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
    return new Output(
        Password.hash(input.password()).addRandomSalt(SALT_BYTES).with(ARGON2).getResult());
  }
}
