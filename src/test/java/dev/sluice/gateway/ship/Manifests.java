package dev.sluice.gateway.ship;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.introspect.Annotated;
import com.fasterxml.jackson.databind.introspect.JacksonAnnotationIntrospector;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscaler;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.kubernetes.api.model.rbac.Role;
import io.fabric8.kubernetes.api.model.rbac.RoleBinding;
import io.fabric8.openshift.api.model.monitoring.v1.ServiceMonitor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The manifests of one overlay, put together as {@code kubectl kustomize} does. */
final class Manifests {
  static final Path ROOT = Path.of("k8s");

  private static final Map<String, Class<? extends HasMetadata>> KINDS =
      Map.of(
          "v1/Namespace", Namespace.class,
          "v1/Service", Service.class,
          "v1/ServiceAccount", ServiceAccount.class,
          "apps/v1/Deployment", Deployment.class,
          "autoscaling/v2/HorizontalPodAutoscaler", HorizontalPodAutoscaler.class,
          "networking.k8s.io/v1/NetworkPolicy", NetworkPolicy.class,
          "policy/v1/PodDisruptionBudget", PodDisruptionBudget.class,
          "rbac.authorization.k8s.io/v1/Role", Role.class,
          "rbac.authorization.k8s.io/v1/RoleBinding", RoleBinding.class,
          "monitoring.coreos.com/v1/ServiceMonitor", ServiceMonitor.class);

  private static final ObjectMapper YAML =
      new ObjectMapper(new YAMLFactory())
          .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY)
          .setAnnotationIntrospector(new Strict());

  /** The models keep what they do not know; here that is an error. */
  private static final class Strict extends JacksonAnnotationIntrospector {
    private static final long serialVersionUID = 1L;

    @Override
    public Boolean hasAnySetter(Annotated any) {
      return false;
    }
  }

  private final List<ObjectNode> objects = new ArrayList<>();

  private Manifests() {}

  /** The base with what an overlay adds and changes. */
  static Manifests overlay(String name) {
    Manifests all = new Manifests();
    all.add(ROOT.resolve("overlays").resolve(name));
    return all;
  }

  private void add(Path folder) {
    JsonNode kustomization = kustomization(folder);
    for (JsonNode each : kustomization.path("resources")) {
      Path resource = folder.resolve(each.asText());
      if (Files.isDirectory(resource)) {
        add(resource.normalize());
      } else {
        objects.addAll(documents(resource));
      }
    }
    for (JsonNode each : kustomization.path("patches")) {
      for (ObjectNode patch : documents(folder.resolve(each.path("path").asText()))) {
        merge(Objects.requireNonNull(find(patch), () -> "nothing to patch: " + name(patch)), patch);
      }
    }
  }

  private @Nullable ObjectNode find(ObjectNode patch) {
    return objects.stream().filter(o -> name(o).equals(name(patch))).findFirst().orElse(null);
  }

  /** Maps merge, lists of named things merge by name, all else is replaced. */
  private static void merge(ObjectNode into, ObjectNode patch) {
    for (Map.Entry<String, JsonNode> each : patch.properties()) {
      JsonNode old = into.get(each.getKey());
      if (old instanceof ObjectNode map && each.getValue() instanceof ObjectNode more) {
        merge(map, more);
      } else if (old instanceof ArrayNode list && each.getValue() instanceof ArrayNode more) {
        more.forEach(item -> merge(list, item));
      } else {
        into.set(each.getKey(), each.getValue());
      }
    }
  }

  private static void merge(ArrayNode list, JsonNode item) {
    for (JsonNode old : list) {
      if (old.has("name") && old.get("name").equals(item.get("name"))) {
        merge((ObjectNode) old, (ObjectNode) item);
        return;
      }
    }
    list.add(item);
  }

  /** Kind and name. */
  private static String name(JsonNode object) {
    return object.path("kind").asText() + " " + object.path("metadata").path("name").asText();
  }

  /** All objects, read strictly. */
  List<HasMetadata> all() {
    return objects.stream().map(Manifests::strictly).toList();
  }

  /** Those of one kind. */
  <T extends HasMetadata> List<T> all(Class<T> kind) {
    return all().stream().filter(kind::isInstance).map(kind::cast).toList();
  }

  /** The one of a kind and a name. */
  <T extends HasMetadata> T one(Class<T> kind, String name) {
    return all(kind).stream()
        .filter(object -> object.getMetadata().getName().equals(name))
        .findFirst()
        .orElseThrow();
  }

  /** Fails on a field that Kubernetes does not know, and on an object that it does not. */
  static HasMetadata strictly(JsonNode object) {
    String kind = object.path("apiVersion").asText() + "/" + object.path("kind").asText();
    try {
      return YAML.treeToValue(
          object, Objects.requireNonNull(KINDS.get(kind), () -> "no model for " + kind));
    } catch (IOException unfit) {
      throw new UncheckedIOException(name(object), unfit);
    }
  }

  static JsonNode kustomization(Path folder) {
    return documents(folder.resolve("kustomization.yaml")).getFirst();
  }

  static List<ObjectNode> documents(Path file) {
    try {
      return YAML.readerFor(ObjectNode.class).<ObjectNode>readValues(file.toFile()).readAll();
    } catch (IOException unreadable) {
      throw new UncheckedIOException(file.toString(), unreadable);
    }
  }
}
