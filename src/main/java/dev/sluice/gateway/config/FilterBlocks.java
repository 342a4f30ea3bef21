package dev.sluice.gateway.config;

import static dev.sluice.gateway.config.Values.BOOLEAN;
import static dev.sluice.gateway.config.Values.duration;
import static dev.sluice.gateway.config.Values.size;

import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** The filters: each is a map with one key, its kind. */
final class FilterBlocks {
  /** Header names and their values. */
  static final Shape<Map<String, String>> HEADERS = Shapes.map(Http.HEADER_NAME, Http.HEADER_VALUE);

  /** Headers of a message that the gateway itself sends. */
  static final Shape<Map<String, String>> OWN_HEADERS =
      Shapes.map(Http.FREE_HEADER_NAME, Http.HEADER_VALUE);

  private static final Key<Map<String, String>> SET =
      Key.of("set", HEADERS, "{}", "Sets these, whatever there was.");
  private static final Key<Map<String, String>> ADD =
      Key.of("add", HEADERS, "{}", "Adds these to what there is.");
  private static final Key<List<String>> REMOVE =
      Key.of("remove", Shapes.list(Http.HEADER_NAME), "[]", "Takes these off.");
  private static final Block<FilterConfig.Headers.Changes> CHANGES =
      new Block<>(
          "header changes",
          "Applied in the order remove, set, add; values are templates.",
          List.of(REMOVE, SET, ADD),
          fields ->
              new FilterConfig.Headers.Changes(
                  fields.value(SET), fields.value(ADD), fields.value(REMOVE)));
  private static final Key<FilterConfig.Headers.Changes> REQUEST =
      Key.of("request", CHANGES, "{}", "Changes of the request.");
  private static final Key<FilterConfig.Headers.Changes> RESPONSE =
      Key.of("response", CHANGES, "{}", "Changes of the answer.");
  private static final Block<FilterConfig> HEADERS_BLOCK =
      new Block<>(
          "headers filter",
          "Changes headers.",
          List.of(REQUEST, RESPONSE),
          fields -> new FilterConfig.Headers(fields.value(REQUEST), fields.value(RESPONSE)));

  private static final Key<Long> MAX =
      Key.required("max", size("0B", "1024GiB"), "The largest body.");
  private static final Block<FilterConfig> REQUEST_SIZE_BLOCK =
      new Block<>(
          "requestSize filter",
          "Refuses larger request bodies with 413: declared ones at once, others when they pass the"
              + " bound.",
          List.of(MAX),
          fields -> new FilterConfig.RequestSize(fields.value(MAX)));

  private static final Scalar<String> ORIGIN =
      Scalar.of(
          "origin (`https://app.example.com`, `https://*.example.com`, `*`)",
          "",
          FilterBlocks::origin);
  private static final Key<List<String>> ORIGINS =
      Key.required("origins", Shapes.some(ORIGIN), "Who may ask.");
  private static final Key<List<String>> METHODS =
      Key.of("methods", Shapes.list(Http.METHOD), "[GET, HEAD, POST]", "Methods that may be used.");
  private static final Key<List<String>> REQUEST_HEADERS =
      Key.of("headers", Shapes.list(Http.HEADER_NAME), "[]", "Request headers that may be sent.");
  private static final Key<List<String>> EXPOSE =
      Key.of(
          "expose", Shapes.list(Http.HEADER_NAME), "[]", "Answer headers that a script may read.");
  private static final Key<Boolean> CREDENTIALS =
      Key.of(
          "credentials",
          BOOLEAN,
          "false",
          "Whether cookies and authorization may be sent; not with origin `*`.");
  private static final Key<Duration> MAX_AGE =
      Key.of(
          "maxAge",
          duration("0s", "1d"),
          "10m",
          "How long a browser may keep a preflight's answer.");
  private static final Block<FilterConfig> CORS_BLOCK =
      new Block<>(
          "cors filter",
          "Cross-origin resource sharing (the Fetch standard).",
          List.of(ORIGINS, METHODS, REQUEST_HEADERS, EXPOSE, CREDENTIALS, MAX_AGE),
          fields -> {
            if (fields.value(CREDENTIALS) && fields.value(ORIGINS).contains("*")) {
              fields.problem(
                  CREDENTIALS,
                  "credentials: true needs named origins; browsers refuse '*' with it");
            }
            return new FilterConfig.Cors(
                fields.value(ORIGINS),
                fields.value(METHODS),
                fields.value(REQUEST_HEADERS),
                fields.value(EXPOSE),
                fields.value(CREDENTIALS),
                fields.value(MAX_AGE));
          });

  /** Any filter. */
  static final Shape<FilterConfig> FILTER =
      new OneOf<>(
          "filter",
          "One filter; the key is its kind.",
          List.of(
              Key.optional("headers", HEADERS_BLOCK, "Changes headers."),
              Key.optional(
                  "requestSize",
                  Shapes.<FilterConfig>either(
                      Shapes.as(size("0B", "1024GiB"), FilterConfig.RequestSize::new),
                      REQUEST_SIZE_BLOCK),
                  "Bounds request bodies."),
              Key.optional(
                  "rateLimit", LimitBlocks.RATE_LIMIT, "Bounds how often clients may come."),
              Key.optional(
                  "quota", LimitBlocks.QUOTA, "Bounds how many of clients' requests pass."),
              Key.optional("cors", CORS_BLOCK, "Cross-origin resource sharing.")));

  private FilterBlocks() {}

  private static String origin(String text, String shown) throws Unfit {
    if (text.equals("*") || text.equals("null")) {
      return text;
    }
    try {
      URI uri = new URI(text.replace("://*.", "://any."));
      boolean bare = uri.getRawPath() == null || uri.getRawPath().isEmpty();
      if (uri.getScheme() != null
          && uri.getHost() != null
          && bare
          && uri.getRawQuery() == null
          && uri.getRawUserInfo() == null
          && uri.getRawFragment() == null
          && !text.replace("://*.", "").contains("*")) {
        return text.toLowerCase(java.util.Locale.ROOT);
      }
    } catch (URISyntaxException e) {
      throw new Unfit(shown + " is no origin: write scheme://host or scheme://host:port, or '*'");
    }
    throw new Unfit(shown + " is no origin: write scheme://host or scheme://host:port, or '*'");
  }
}
