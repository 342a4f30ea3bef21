package dev.sluice.gateway.ship;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.assemble.Checks;
import dev.sluice.gateway.config.ClusterConfig;
import dev.sluice.gateway.config.ConfigLoader;
import dev.sluice.gateway.config.GatewayConfig;
import dev.sluice.gateway.config.Problem;
import dev.sluice.gateway.observe.MetricNames;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.LabelSelector;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Probe;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscaler;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyIngressRule;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.kubernetes.api.model.rbac.RoleBinding;
import io.fabric8.openshift.api.model.monitoring.v1.Endpoint;
import io.fabric8.openshift.api.model.monitoring.v1.ServiceMonitor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the manifests say of each other, of the configuration and of the gateway is true. */
class ManifestsFitTest {
  private static final String SECRETS = "/run/secrets/sluice";
  private static final Duration LEAVING = Duration.ofSeconds(15);

  @TempDir private Path folder;

  private static Deployment deployment(Manifests overlay) {
    return overlay.one(Deployment.class, "sluice");
  }

  private static PodSpec pod(Manifests overlay) {
    return deployment(overlay).getSpec().getTemplate().getSpec();
  }

  private static Container container(Manifests overlay) {
    assertThat(pod(overlay).getContainers()).hasSize(1);
    return pod(overlay).getContainers().getFirst();
  }

  private static Map<String, Integer> ports(Manifests overlay) {
    return container(overlay).getPorts().stream()
        .collect(Collectors.toMap(ContainerPort::getName, ContainerPort::getContainerPort));
  }

  /** The configuration that the overlay mounts, with secrets of this test's. */
  private GatewayConfig config(String overlay) throws IOException {
    Path own = Manifests.ROOT.resolve("overlays").resolve(overlay).resolve("sluice.yaml");
    Path file = Files.exists(own) ? own : Manifests.ROOT.resolve("base/sluice.yaml");
    String text = Files.readString(file);
    for (String key : List.of("admin-token", "cluster-secret")) {
      Files.writeString(folder.resolve(key), "a-long-secret-of-the-test\n");
    }
    Path copy = folder.resolve("sluice.yaml");
    Files.writeString(copy, text.replace(SECRETS, folder.toString()));
    return switch (Checks.load(new ConfigLoader(name -> null), copy)) {
      case ConfigLoader.Result.Loaded loaded -> loaded.config();
      case ConfigLoader.Result.Invalid invalid ->
          throw new AssertionError(
              invalid.problems().stream().map(Problem::render).collect(Collectors.joining("\n")));
    };
  }

  @ParameterizedTest
  @ValueSource(strings = {"single", "production"})
  void theConfigurationIsGoodAndItsPortsAreThoseOfTheContainer(String overlay) throws IOException {
    GatewayConfig config = config(overlay);
    Map<String, Integer> expected = new TreeMap<>();
    expected.put("http", config.listeners().getFirst().port());
    expected.put("admin", config.node().admin().port());
    ClusterConfig cluster = config.node().cluster();
    if (cluster != null) {
      expected.put("member", cluster.port());
      expected.put("events", cluster.busPort());
    }

    assertThat(config.listeners()).hasSize(1);
    assertThat(ports(Manifests.overlay(overlay))).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(strings = {"single", "production"})
  void theContainerSeesItsConfigurationAndItsSecrets(String overlay) {
    Manifests manifests = Manifests.overlay(overlay);
    Map<String, Volume> volumes =
        pod(manifests).getVolumes().stream().collect(Collectors.toMap(Volume::getName, v -> v));
    Map<String, String> mounts =
        container(manifests).getVolumeMounts().stream()
            .collect(Collectors.toMap(VolumeMount::getMountPath, VolumeMount::getName));

    assertThat(mounts.values()).containsExactlyInAnyOrderElementsOf(volumes.keySet());
    assertThat(container(manifests).getArgs())
        .isEqualTo(List.of("run", "--config", "/etc/sluice/sluice.yaml"));
    assertThat(volumes.get(mounts.get("/etc/sluice")).getConfigMap().getName()).isEqualTo("sluice");
    assertThat(volumes.get(mounts.get(SECRETS)).getSecret().getSecretName()).isEqualTo("sluice");
    assertThat(container(manifests).getVolumeMounts())
        .allSatisfy(mount -> assertThat(mount.getSubPath()).isNull());
    assertThat(mounts.keySet())
        .noneSatisfy(
            inner -> assertThat(mounts.keySet()).anyMatch(outer -> inner.startsWith(outer + "/")));
  }

  @ParameterizedTest
  @ValueSource(strings = {"single", "production"})
  void everySelectorFindsThePodsAndEveryPortHasAName(String overlay) {
    Manifests manifests = Manifests.overlay(overlay);
    Map<String, String> labels =
        deployment(manifests).getSpec().getTemplate().getMetadata().getLabels();
    Set<String> ports = ports(manifests).keySet();

    assertThat(manifests.all(Service.class))
        .isNotEmpty()
        .allSatisfy(service -> {
          assertThat(labels).containsAllEntriesOf(service.getSpec().getSelector());
          assertThat(service.getSpec().getPorts())
              .allSatisfy(port -> assertThat(ports).contains(port.getTargetPort().getStrVal()));
        });
    assertThat(manifests.all(NetworkPolicy.class))
        .isNotEmpty()
        .allSatisfy(policy -> {
          selects(policy.getSpec().getPodSelector(), labels);
          assertThat(policy.getSpec().getPolicyTypes()).containsExactly("Ingress");
          assertThat(open(List.of(policy), null)).isSubsetOf(ports);
        });
    selects(deployment(manifests).getSpec().getSelector(), labels);
    selects(manifests.one(PodDisruptionBudget.class, "sluice").getSpec().getSelector(), labels);
    assertThat(pod(manifests).getTopologySpreadConstraints())
        .hasSize(2)
        .allSatisfy(spread -> selects(spread.getLabelSelector(), labels));
  }

  private static void selects(LabelSelector selector, Map<String, String> labels) {
    assertThat(selector.getMatchLabels()).isNotEmpty();
    assertThat(labels).containsAllEntriesOf(selector.getMatchLabels());
  }

  @Test
  void membersAreReachedByMembersAndTheAdminApiByPrometheusOnly() {
    List<NetworkPolicy> policies = Manifests.overlay("production").all(NetworkPolicy.class);

    assertThat(open(policies, "all")).containsExactly("http");
    assertThat(open(policies, "pods")).containsExactlyInAnyOrder("member", "events");
    assertThat(open(policies, "namespace")).containsExactly("admin");
  }

  /** The ports that policies open, to whom of three; null for all of them. */
  private static Set<String> open(List<NetworkPolicy> policies, @Nullable String whom) {
    Set<String> ports = new HashSet<>();
    for (NetworkPolicy policy : policies) {
      for (NetworkPolicyIngressRule rule : policy.getSpec().getIngress()) {
        String from = "all";
        if (!rule.getFrom().isEmpty()) {
          assertThat(rule.getFrom()).hasSize(1);
          from = rule.getFrom().getFirst().getNamespaceSelector() == null ? "pods" : "namespace";
        }
        if (whom == null || whom.equals(from)) {
          rule.getPorts().forEach(port -> ports.add(port.getPort().getStrVal()));
        }
      }
    }
    return ports;
  }

  @ParameterizedTest
  @ValueSource(strings = {"single", "production"})
  void probesAskOpenPathsOfTheAdminApi(String overlay) {
    Container container = container(Manifests.overlay(overlay));

    assertThat(path(container.getStartupProbe())).isEqualTo("/health/live");
    assertThat(path(container.getLivenessProbe())).isEqualTo("/health/live");
    assertThat(path(container.getReadinessProbe())).isEqualTo("/health/ready");
  }

  private static String path(Probe probe) {
    assertThat(probe.getHttpGet().getPort().getStrVal()).isEqualTo("admin");
    assertThat(probe.getHttpGet().getHttpHeaders()).isEmpty();
    return probe.getHttpGet().getPath();
  }

  @ParameterizedTest
  @ValueSource(strings = {"single", "production"})
  void aPodIsGivenTheTimeToDrain(String overlay) throws IOException {
    GatewayConfig config = config(overlay);
    Duration drain = config.drain().delay().plus(config.drain().timeout()).plus(LEAVING);
    PodSpec pod = pod(Manifests.overlay(overlay));

    assertThat(Duration.ofSeconds(pod.getTerminationGracePeriodSeconds()))
        .isGreaterThanOrEqualTo(drain);
  }

  @ParameterizedTest
  @ValueSource(strings = {"single", "production"})
  void thePodHasNoRightsAndWritesNowhereElse(String overlay) {
    PodSpec pod = pod(Manifests.overlay(overlay));
    Container container = container(Manifests.overlay(overlay));

    assertThat(pod.getSecurityContext().getRunAsNonRoot()).isTrue();
    assertThat(pod.getSecurityContext().getRunAsUser()).isEqualTo(10001);
    assertThat(pod.getSecurityContext().getSeccompProfile().getType()).isEqualTo("RuntimeDefault");
    assertThat(container.getSecurityContext().getReadOnlyRootFilesystem()).isTrue();
    assertThat(container.getSecurityContext().getAllowPrivilegeEscalation()).isFalse();
    assertThat(container.getSecurityContext().getCapabilities().getDrop()).containsExactly("ALL");
    assertThat(container.getResources().getLimits()).containsKeys("cpu", "memory");
    assertThat(container.getResources().getRequests()).containsKeys("cpu", "memory");
  }

  @Test
  void aRolloutNeverHasFewerNodesThanBefore() {
    var strategy = deployment(Manifests.overlay("production")).getSpec().getStrategy();

    assertThat(strategy.getType()).isEqualTo("RollingUpdate");
    assertThat(strategy.getRollingUpdate().getMaxUnavailable().getIntVal()).isZero();
  }

  @Test
  void theAccountMayReadEndpointSlicesAndNothingElse() {
    Manifests manifests = Manifests.overlay("production");
    RoleBinding binding = manifests.one(RoleBinding.class, "sluice");
    var role =
        manifests.one(
            io.fabric8.kubernetes.api.model.rbac.Role.class, binding.getRoleRef().getName());

    assertThat(binding.getSubjects()).hasSize(1);
    assertThat(binding.getSubjects().getFirst().getName())
        .isEqualTo(pod(manifests).getServiceAccountName());
    assertThat(role.getRules()).hasSize(1);
    assertThat(role.getRules().getFirst().getApiGroups()).containsExactly("discovery.k8s.io");
    assertThat(role.getRules().getFirst().getResources()).containsExactly("endpointslices");
    assertThat(role.getRules().getFirst().getVerbs())
        .containsExactlyInAnyOrder("get", "list", "watch");
  }

  @Test
  void membersFindEachOtherBeforeTheyAreReady() throws IOException {
    ClusterConfig cluster = java.util.Objects.requireNonNull(config("production").node().cluster());
    String name = ((ClusterConfig.Join.Kubernetes) cluster.join()).service();
    Service members = Manifests.overlay("production").one(Service.class, name);

    assertThat(cluster.secret()).isNotNull();
    assertThat(members.getSpec().getClusterIP()).isEqualTo("None");
    assertThat(members.getSpec().getPublishNotReadyAddresses()).isTrue();
    assertThat(config("single").node().cluster()).isNull();
  }

  @Test
  void theAutoscalerWatchesAMetricThatThereIs() {
    Manifests manifests = Manifests.overlay("production");
    var scaler = manifests.one(HorizontalPodAutoscaler.class, "sluice").getSpec();

    assertThat(scaler.getScaleTargetRef().getKind()).isEqualTo("Deployment");
    assertThat(scaler.getScaleTargetRef().getName()).isEqualTo("sluice");
    assertThat(scaler.getMetrics().getFirst().getPods().getMetric().getName())
        .isEqualTo(MetricNames.IN_FLIGHT);
    assertThat(scaler.getMinReplicas()).isGreaterThanOrEqualTo(3);
    // It says how many there are, so nothing else may.
    assertThat(deployment(manifests).getSpec().getReplicas()).isNull();
  }

  @Test
  void metricsAreScrapedWithTheTokenOfTheAdminApi() {
    Manifests manifests = Manifests.overlay("production");
    var monitor = manifests.one(ServiceMonitor.class, "sluice").getSpec();
    List<Service> watched =
        manifests.all(Service.class).stream()
            .filter(service ->
                service
                    .getMetadata()
                    .getLabels()
                    .entrySet()
                    .containsAll(monitor.getSelector().getMatchLabels().entrySet()))
            .toList();
    Endpoint endpoint = monitor.getEndpoints().getFirst();

    assertThat(watched).hasSize(1);
    assertThat(watched.getFirst().getSpec().getPorts())
        .anyMatch(port -> port.getName().equals(endpoint.getPort()));
    assertThat(endpoint.getPath()).isEqualTo("/metrics");
    assertThat(endpoint.getAuthorization().getCredentials().getName()).isEqualTo("sluice");
    assertThat(endpoint.getAuthorization().getCredentials().getKey()).isEqualTo("admin-token");
  }
}
