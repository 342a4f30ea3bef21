package dev.sluice.gateway.config;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * {@code ${env:NAME}}, {@code ${env:NAME:default}} and {@code ${file:path}} in scalars; {@code $${} is a literal
 * {@code ${}. No message ever holds what was substituted, since it may be a secret.
 */
final class Substitution {
  private static final int LARGEST = 1 << 20;
  private static final Pattern PLACE = Pattern.compile("\\$?\\$\\{([^{}]*)}");
  private static final Pattern VARIABLE = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");

  private final Sources sources;
  private final UnaryOperator<@Nullable String> environment;

  Substitution(Sources sources, UnaryOperator<@Nullable String> environment) {
    this.sources = sources;
    this.environment = environment;
  }

  /**
   * @param base the file that holds the text
   */
  String apply(String text, Path base) throws Unfit {
    if (!text.contains("${")) {
      return text;
    }
    Matcher matcher = PLACE.matcher(text);
    StringBuilder result = new StringBuilder();
    while (matcher.find()) {
      String whole = matcher.group();
      String value = whole.startsWith("$$") ? whole.substring(1) : value(matcher.group(1), base);
      matcher.appendReplacement(result, Matcher.quoteReplacement(value));
    }
    return matcher.appendTail(result).toString();
  }

  private String value(String place, Path base) throws Unfit {
    int colon = place.indexOf(':');
    String kind = colon < 0 ? "" : place.substring(0, colon);
    String rest = place.substring(colon + 1);
    return switch (kind) {
      case "env" -> variable(rest);
      case "file" -> file(rest, base);
      default ->
          throw new Unfit(
              "${"
                  + place
                  + "} is no substitution: write ${env:NAME}, ${env:NAME:default} or ${file:path}"
                  + (VARIABLE.matcher(place).matches()
                      ? ": did you mean ${env:" + place + "}?"
                      : ""));
    };
  }

  private String variable(String text) throws Unfit {
    int colon = text.indexOf(':');
    String name = colon < 0 ? text : text.substring(0, colon);
    if (!VARIABLE.matcher(name).matches()) {
      throw new Unfit("'" + name + "' is no name of a variable: letters, digits and _ only");
    }
    String value = environment.apply(name);
    if (value == null && colon < 0) {
      throw new Unfit(
          "the variable " + name + " is not set; ${env:" + name + ":default} gives a default");
    }
    String used = value == null ? text.substring(colon + 1) : value;
    sources.dependsOnVariable(name, used);
    return used;
  }

  private String file(String name, Path base) throws Unfit {
    Path path;
    try {
      path = base.resolveSibling(name).toAbsolutePath().normalize();
    } catch (InvalidPathException e) {
      throw new Unfit("'" + name + "' is no path");
    }
    sources.watch(path);
    try {
      if (!Files.isRegularFile(path)) {
        throw new Unfit("the file " + name + " is not there");
      }
      if (Files.size(path) > LARGEST) {
        throw new Unfit("the file " + name + " is larger than 1MiB");
      }
      byte[] content = Files.readAllBytes(path);
      sources.depends(path, content);
      // Editors and `echo` end a file with a newline that is no part of a password.
      return new String(content, StandardCharsets.UTF_8).stripTrailing();
    } catch (IOException e) {
      throw new Unfit("the file " + name + " cannot be read");
    }
  }
}
