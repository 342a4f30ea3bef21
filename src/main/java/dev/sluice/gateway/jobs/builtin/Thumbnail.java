package dev.sluice.gateway.jobs.builtin;

import dev.sluice.gateway.failure.Failed;
import dev.sluice.gateway.failure.Failure;
import dev.sluice.gateway.jobs.api.Content;
import dev.sluice.gateway.jobs.api.Job;
import dev.sluice.gateway.jobs.api.JobContext;
import dev.sluice.gateway.offload.Kind;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Iterator;
import java.util.Map;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import net.coobird.thumbnailator.Thumbnails;
import org.jspecify.annotations.Nullable;

/**
 * {@code thumbnail}: an image becomes a smaller one that fits into {@code width} and {@code
 * height}, in {@code format}. Its pixels are counted before any of them is read, so that a small
 * file cannot become a large picture in memory.
 */
public final class Thumbnail implements Job<Content, Content> {
  private static final int SIDE = 256;
  private static final int MOST_PIXELS = 50_000_000;

  static {
    ImageIO.setUseCache(false); // no files for what fits into memory
  }

  @Override
  public String name() {
    return "thumbnail";
  }

  @Override
  public Kind kind() {
    return Kind.CPU;
  }

  @Override
  public Class<Content> input() {
    return Content.class;
  }

  @Override
  public String settingsSchema() {
    return """
    {"type": "object", "additionalProperties": false, "properties": {
      "width": {"type": "integer", "minimum": 1, "maximum": 8192},
      "height": {"type": "integer", "minimum": 1, "maximum": 8192},
      "format": {"enum": ["png", "jpeg", "gif"]},
      "maxPixels": {"type": "integer", "minimum": 1, "maximum": 1000000000}}}\
    """;
  }

  @Override
  public Content run(Content input, JobContext context) throws IOException {
    Map<String, @Nullable Object> settings = context.settings();
    Seen seen = look(input.bytes(), number(settings, "maxPixels", MOST_PIXELS));
    context.progress(0.1);
    Object wanted = settings.get("format");
    String format = wanted == null ? seen.format() : wanted.toString();
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try {
      Thumbnails.Builder<? extends InputStream> small =
          Thumbnails.of(new ByteArrayInputStream(input.bytes()));
      int width = number(settings, "width", SIDE);
      int height = number(settings, "height", SIDE);
      if (seen.width() <= width && seen.height() <= height) {
        small.scale(1); // never larger than it was
      } else {
        small.size(width, height);
      }
      small.outputFormat(format).toOutputStream(out);
    } catch (IOException | IllegalArgumentException broken) {
      throw new Failed(Failure.INVALID_INPUT, "the image is broken: " + broken.getMessage());
    }
    return new Content("image/" + format, out.toByteArray());
  }

  private static int number(Map<String, @Nullable Object> settings, String name, int standard) {
    return settings.get(name) instanceof Number number ? number.intValue() : standard;
  }

  private record Seen(String format, int width, int height) {}

  /** What kind of image it is, by its head alone. */
  private static Seen look(byte[] bytes, int maxPixels) throws IOException {
    try (ImageInputStream in = ImageIO.createImageInputStream(new ByteArrayInputStream(bytes))) {
      Iterator<ImageReader> readers = ImageIO.getImageReaders(in);
      if (!readers.hasNext()) {
        throw new Failed(
            Failure.INVALID_INPUT, "the body is no image that is known: PNG, JPEG, GIF, BMP, TIFF");
      }
      ImageReader reader = readers.next();
      try {
        reader.setInput(in, true, true);
        long pixels = (long) reader.getWidth(0) * reader.getHeight(0);
        if (pixels > maxPixels) {
          throw new Failed(
              Failure.INVALID_INPUT,
              "the image has " + pixels + " pixels; " + maxPixels + " are allowed");
        }
        String format = reader.getFormatName().toLowerCase(java.util.Locale.ROOT);
        return new Seen(
            format.equals("jpeg") || format.equals("gif") ? format : "png",
            reader.getWidth(0),
            reader.getHeight(0));
      } catch (IOException | RuntimeException broken) {
        if (broken instanceof Failed own) {
          throw own;
        }
        throw new Failed(Failure.INVALID_INPUT, "the image is broken: " + broken.getMessage());
      } finally {
        reader.dispose();
      }
    }
  }
}
