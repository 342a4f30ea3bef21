package dev.sluice.gateway.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Reads a routing part from a file or, as {@code -}, from the standard input. */
final class TextFile {
  private static final int MAX_BYTES = 16 << 20;

  private TextFile() {}

  static String read(Path file) {
    try (InputStream in = file.toString().equals("-") ? System.in : Files.newInputStream(file)) {
      byte[] bytes = in.readNBytes(MAX_BYTES + 1);
      if (bytes.length > MAX_BYTES) {
        throw new Sluice.Refusal(file + " is larger than 16 MiB");
      }
      if (bytes.length == 0) {
        throw new Sluice.Refusal(file + " is empty; a routing part without routes is routes: []");
      }
      return new String(bytes, StandardCharsets.UTF_8);
    } catch (NoSuchFileException missing) {
      throw new Sluice.Refusal(file + " is not there");
    } catch (IOException e) {
      throw new Sluice.Refusal(file + " cannot be read: " + e.getMessage());
    }
  }
}
