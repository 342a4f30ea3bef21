package dev.sluice.gateway.testing;

import io.fabric8.kubernetes.api.model.StatusBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.client.server.mock.KubernetesCrudDispatcher;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.fabric8.mockwebserver.Context;
import io.fabric8.mockwebserver.MockWebServer;
import io.fabric8.mockwebserver.dsl.HttpMethod;
import io.fabric8.mockwebserver.http.Buffer;
import io.fabric8.mockwebserver.http.Headers;
import io.fabric8.mockwebserver.http.MockResponse;
import io.fabric8.mockwebserver.http.RecordedRequest;
import io.fabric8.mockwebserver.http.Response;
import io.fabric8.mockwebserver.http.WebSocket;
import io.fabric8.mockwebserver.http.WebSocketListener;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * fabric8's mock API server on loopback, which can go away and come back, refuse, and end watches.
 * While it is open, clients in this process find it by a kubeconfig whose context has the namespace
 * {@code shop}.
 */
public final class KubernetesApi implements AutoCloseable {
  private static final String KUBECONFIG = "kubeconfig";

  private final Map<String, EndpointSlice> stored = new LinkedHashMap<>();
  private final Path kubeconfig;
  private final int port;
  private final List<String> paths = new CopyOnWriteArrayList<>();
  private final Set<WebSocket> watches = ConcurrentHashMap.newKeySet();
  private final AtomicInteger forgotten = new AtomicInteger();
  private volatile int refusal;
  private @Nullable KubernetesMockServer server;
  private @Nullable Answers answers;

  private KubernetesApi() throws IOException {
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    kubeconfig = Files.createTempFile("kubeconfig", ".yaml");
    Files.writeString(
        kubeconfig,
        """
        apiVersion: v1
        kind: Config
        clusters: [{name: c, cluster: {server: "http://127.0.0.1:%d"}}]
        users: [{name: u, user: {token: secret}}]
        contexts: [{name: x, context: {cluster: c, user: u, namespace: shop}}]
        current-context: x
        """
            .formatted(port));
    System.setProperty(KUBECONFIG, kubeconfig.toString());
  }

  /** A server that answers. */
  public static KubernetesApi up() throws IOException {
    KubernetesApi api = new KubernetesApi();
    api.begin();
    return api;
  }

  /** One that does not answer yet. */
  public static KubernetesApi down() throws IOException {
    return new KubernetesApi();
  }

  /** From now on it answers. */
  public void begin() {
    Answers fresh = new Answers();
    stored.values().forEach(fresh::create);
    answers = fresh;
    KubernetesMockServer next =
        new KubernetesMockServer(
            new Context(Serialization.jsonMapper()),
            new MockWebServer(),
            new HashMap<>(),
            fresh,
            false);
    next.init(InetAddress.getLoopbackAddress(), port);
    server = next;
  }

  /** From now on it does not; what it stores stays. */
  public void end() {
    KubernetesMockServer last = server;
    if (last != null) {
      last.destroy();
    }
    server = null;
    answers = null;
  }

  /** Stores a slice and tells the watches. */
  public void put(EndpointSlice slice) {
    boolean first = stored.put(slice.getMetadata().getName(), slice) == null;
    Answers now = answers;
    if (now != null && first) {
      now.create(slice);
    } else if (now != null) {
      now.update(slice);
    }
  }

  /** Removes it and tells the watches. */
  public void remove(EndpointSlice slice) {
    stored.remove(slice.getMetadata().getName());
    Answers now = answers;
    if (now != null) {
      now.handleDelete(path(slice) + "/" + slice.getMetadata().getName());
    }
  }

  /** Every question is answered with this status; 0 for well. */
  public void refuse(int status) {
    refusal = status;
  }

  /** So many watches from now on are told that their version is too old. */
  public void forget(int count) {
    forgotten.set(count);
  }

  /** Ends the watches as a server does that has to go. */
  public void cut() {
    watches.forEach(watch -> watch.close(1001, "going away"));
  }

  /** Lists that were asked for so far. */
  public long lists() {
    return paths.stream().filter(path -> !path.contains("watch=true")).count();
  }

  /** Watches that were asked for so far. */
  public long watched() {
    return paths.size() - lists();
  }

  /** Watches that are open now. */
  public int watching() {
    return watches.size();
  }

  /** Paths of all questions so far. */
  public List<String> paths() {
    return paths;
  }

  @Override
  public void close() throws IOException {
    System.clearProperty(KUBECONFIG);
    Files.deleteIfExists(kubeconfig);
    end();
  }

  private static String path(EndpointSlice slice) {
    return "/apis/discovery.k8s.io/v1/namespaces/"
        + slice.getMetadata().getNamespace()
        + "/endpointslices";
  }

  private static MockResponse failure(int status) {
    return new MockResponse().setResponseCode(status).setBody(status(status, "not for you"));
  }

  private static String status(int code, String message) {
    return Serialization.asJson(
        new StatusBuilder().withCode(code).withStatus("Failure").withMessage(message).build());
  }

  /** How questions are answered. */
  private final class Answers extends KubernetesCrudDispatcher {
    void create(EndpointSlice slice) {
      done(handleCreate(request(HttpMethod.POST, path(slice), slice)));
    }

    void update(EndpointSlice slice) {
      String path = path(slice) + "/" + slice.getMetadata().getName();
      done(handleUpdate(request(HttpMethod.PUT, path, slice)));
    }

    private static RecordedRequest request(HttpMethod method, String path, EndpointSlice slice) {
      return new RecordedRequest(
          "HTTP/1.1",
          method,
          path,
          Headers.builder().build(),
          new Buffer(Serialization.asJson(slice).getBytes(StandardCharsets.UTF_8)));
    }

    private static void done(MockResponse response) {
      if (response.code() >= 300) {
        throw new AssertionError(response.getBody().readUtf8());
      }
    }

    @Override
    public MockResponse handleGet(String path) {
      paths.add(path);
      return refusal == 0 ? super.handleGet(path) : failure(refusal);
    }

    @Override
    public MockResponse handleWatch(String path) {
      if (forgotten.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
        return new MockResponse().withWebSocketUpgrade(new TooOld());
      }
      return new MockResponse()
          .withWebSocketUpgrade(
              new Counted(watches, super.handleWatch(path).getWebSocketListener()));
    }
  }

  /** A watch whose version is forgotten. */
  private static final class TooOld extends WebSocketListener {
    @Override
    public void onOpen(WebSocket socket, Response response) {
      socket.send(
          "{\"type\":\"ERROR\",\"object\":" + status(410, "too old resource version") + "}");
    }
  }

  /** Keeps which watches are open. */
  private static final class Counted extends WebSocketListener {
    private final Set<WebSocket> open;
    private final WebSocketListener real;

    Counted(Set<WebSocket> open, WebSocketListener real) {
      this.open = open;
      this.real = real;
    }

    @Override
    public void onOpen(WebSocket socket, Response response) {
      open.add(socket);
      real.onOpen(socket, response);
    }

    @Override
    public void onClosing(WebSocket socket, int code, String reason) {
      real.onClosing(socket, code, reason);
    }

    @Override
    public void onClosed(WebSocket socket, int code, String reason) {
      open.remove(socket);
      real.onClosed(socket, code, reason);
    }

    @Override
    public void onFailure(WebSocket socket, Throwable error, Response response) {
      open.remove(socket);
      real.onFailure(socket, error, response);
    }
  }
}
