package dev.sluice.gateway.ship;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The files of {@code k8s} are whole, and say nothing that Kubernetes does not know. */
class KustomizationTest {
  private static final Path BASE = Manifests.ROOT.resolve("base");

  @ParameterizedTest
  @ValueSource(strings = {"single", "production"})
  void kubernetesKnowsEveryFieldOfEveryObject(String overlay) {
    List<HasMetadata> all = Manifests.overlay(overlay).all();

    assertThat(all)
        .hasSizeGreaterThanOrEqualTo(8)
        .allSatisfy(object -> {
          assertThat(object.getMetadata().getName()).startsWith("sluice");
          if (!object.getKind().equals("Namespace")) {
            assertThat(object.getMetadata().getLabels())
                .containsEntry("app.kubernetes.io/name", "sluice");
          }
        });
    assertThat(all.stream().map(o -> o.getKind() + o.getMetadata().getName()))
        .doesNotHaveDuplicates();
  }

  @Test
  void aFieldThatKubernetesDoesNotKnowIsRefused() {
    ObjectNode deployment = Manifests.documents(BASE.resolve("deployment.yaml")).getFirst();
    ((ObjectNode) deployment.at("/spec/template/spec")).put("terminationGraceSeconds", 60);

    assertThatThrownBy(() -> Manifests.strictly(deployment))
        .rootCause()
        .hasMessageContaining("terminationGraceSeconds");
  }

  @Test
  void everyFileIsUsedAndEveryFileThatIsNamedIsThere() throws IOException {
    List<Path> named = new ArrayList<>();
    for (Path folder : folders()) {
      JsonNode kustomization = Manifests.kustomization(folder);
      named.add(folder.resolve("kustomization.yaml"));
      kustomization.path("resources").forEach(r -> named.add(folder.resolve(r.asText())));
      kustomization
          .path("patches")
          .forEach(p -> named.add(folder.resolve(p.path("path").asText())));
      kustomization
          .path("configMapGenerator")
          .forEach(g -> g.path("files").forEach(f -> named.add(folder.resolve(f.asText()))));
    }
    assertThat(named).allSatisfy(file -> assertThat(file).exists());
    try (Stream<Path> files = Files.walk(Manifests.ROOT)) {
      assertThat(files.filter(Files::isRegularFile).filter(f -> !f.endsWith("secrets.env")))
          .isSubsetOf(named);
    }
  }

  @Test
  void secretsAreNeverInTheRepository() throws IOException {
    assertThat(Path.of(".gitignore")).content().contains("/k8s/overlays/*/secrets.env\n");
    for (Path folder : folders()) {
      for (JsonNode generator : Manifests.kustomization(folder).path("secretGenerator")) {
        assertThat(generator.path("envs").toString()).isEqualTo("[\"secrets.env\"]");
        assertThat(generator.has("literals") || generator.has("files")).isFalse();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"single", "production"})
  void theImageIsOfThisVersion(String overlay) throws IOException {
    JsonNode image =
        Manifests.kustomization(Manifests.ROOT.resolve("overlays").resolve(overlay))
            .path("images")
            .path(0);
    String pom = Files.readString(Path.of("pom.xml"));

    assertThat(Files.readString(BASE.resolve("deployment.yaml")))
        .contains("image: " + image.path("name").asText() + "\n");
    assertThat(pom)
        .contains(
            "<artifactId>sluice</artifactId>\n  <version>" + image.path("newTag").asText() + "<");
  }

  /** A generator that replaces something replaces what the base makes. */
  @Test
  void theConfigurationOfProductionTakesThePlaceOfTheBases() {
    JsonNode base = Manifests.kustomization(BASE).path("configMapGenerator").path(0);
    JsonNode production =
        Manifests.kustomization(Manifests.ROOT.resolve("overlays/production"))
            .path("configMapGenerator")
            .path(0);

    assertThat(production.path("name")).isEqualTo(base.path("name"));
    assertThat(production.path("files")).isEqualTo(base.path("files"));
    assertThat(production.path("behavior").asText()).isEqualTo("replace");
  }

  private static List<Path> folders() throws IOException {
    try (Stream<Path> files = Files.walk(Manifests.ROOT)) {
      List<Path> folders =
          files.filter(f -> f.endsWith("kustomization.yaml")).map(Path::getParent).toList();
      assertThat(folders).hasSize(3);
      return folders;
    }
  }
}
