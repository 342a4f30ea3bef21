package dev.sluice.gateway.upstream.kubernetes;

import dev.sluice.gateway.config.UpstreamConfig.Source;
import dev.sluice.gateway.resilience.Ticker;
import dev.sluice.gateway.upstream.ServiceDirectory;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.jdkhttp.JdkHttpClientFactory;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Services of the cluster in which the gateway runs, or of the one that the kubeconfig names. The
 * client is made by the first watch, on its thread, and shared by all; until then nothing of it is
 * loaded and no file of it read. Any thread.
 */
public final class KubernetesServices implements ServiceDirectory, AutoCloseable {
  private static final int CONNECT_MILLIS = 5_000;
  private static final int REQUEST_MILLIS = 10_000;

  private final String userAgent;
  private final Ticker ticker;
  private final Set<ServiceWatch> watches = ConcurrentHashMap.newKeySet();
  private @Nullable KubernetesClient client;
  private volatile boolean closed;

  /**
   * @param userAgent {@code Sluice/<version>}
   */
  public KubernetesServices(String userAgent, Ticker ticker) {
    this.userAgent = userAgent;
    this.ticker = ticker;
  }

  @Override
  public Watch watch(String upstream, Source.Kubernetes service, Consumer<Listing> found) {
    ServiceWatch watch =
        new ServiceWatch(this::client, upstream, service, found, ticker, watches::remove);
    watches.add(watch);
    watch.start();
    if (closed) {
      watch.close(); // it came while the gateway closed
    }
    return watch;
  }

  /** Reads files, and takes half a second when it is the first. */
  private synchronized KubernetesClient client() {
    if (closed) {
      throw new IllegalStateException("closed");
    }
    KubernetesClient known = client;
    if (known == null) {
      known =
          new KubernetesClientBuilder()
              .withConfig(
                  new ConfigBuilder()
                      .withUserAgent(userAgent)
                      .withConnectionTimeout(CONNECT_MILLIS)
                      .withRequestTimeout(REQUEST_MILLIS)
                      // One list a watch: nothing to multiplex, and a watch is a WebSocket.
                      .withHttp2Disable(true)
                      // A watch tries again by itself, and says so; the client would do it in
                      // silence.
                      .withRequestRetryBackoffLimit(0)
                      .withWatchReconnectLimit(0)
                      .build())
              .withHttpClientFactory(new JdkHttpClientFactory())
              .build();
      client = known;
    }
    return known;
  }

  @Override
  public void close() {
    closed = true;
    watches.forEach(ServiceWatch::close);
    closeClient();
  }

  private synchronized void closeClient() {
    if (client != null) {
      client.close();
    }
  }
}
