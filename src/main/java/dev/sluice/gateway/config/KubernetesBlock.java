package dev.sluice.gateway.config;

import dev.sluice.gateway.config.UpstreamConfig.Source;
import java.util.List;
import java.util.regex.Pattern;

/** How a service of Kubernetes is named. */
final class KubernetesBlock {
  // RFC 1123 §2.1 in small letters: what Kubernetes takes for services, namespaces and their ports.
  private static final Pattern LABEL = Pattern.compile("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?");
  private static final Pattern DIGITS = Pattern.compile("[0-9]+");

  private static final Scalar<String> NAME =
      Scalar.of("name (a DNS label)", "", KubernetesBlock::label);

  private static final Key<String> SERVICE =
      Key.required("service", NAME, "The service's name, without its namespace.");
  private static final Key<String> PORT =
      Key.required(
          "port",
          Scalar.of("name or number of a port", "", KubernetesBlock::port),
          "The name of the service's port; or the number on which its pods listen.");
  private static final Key<String> NAMESPACE =
      Key.optional(
          "namespace",
          NAME,
          "The service's namespace; without it the gateway's own, or the context's of the"
              + " kubeconfig, or default.");

  /** {@code kubernetes}. */
  static final Block<Source.Kubernetes> BLOCK =
      new Block<>(
          "kubernetes service",
          "The ready pods behind a service, as its EndpointSlices list them.",
          List.of(SERVICE, PORT, NAMESPACE),
          fields ->
              new Source.Kubernetes(
                  fields.value(SERVICE), fields.value(PORT), fields.optional(NAMESPACE)));

  private KubernetesBlock() {}

  private static String label(String text, String shown) throws Unfit {
    if (LABEL.matcher(text).matches()) {
      return text;
    }
    int dot = text.indexOf('.');
    throw new Unfit(
        shown
            + " is no DNS label: small letters, digits and '-', at most 63"
            + (dot > 0 ? "; its namespace stands in namespace" : ""));
  }

  private static String port(String text, String shown) throws Unfit {
    if (!DIGITS.matcher(text).matches()) {
      return label(text, shown);
    }
    int port = text.length() > 5 || text.startsWith("0") ? 0 : Integer.parseInt(text);
    if (port < 1 || port > 65_535) {
      throw new Unfit(shown + " is a bad port: 1 to 65535, or a name");
    }
    return text;
  }
}
