package dev.sluice.gateway.upstream.kubernetes;

import dev.sluice.gateway.config.UpstreamConfig.Source;
import dev.sluice.gateway.resilience.Backoff;
import dev.sluice.gateway.resilience.Ticker;
import dev.sluice.gateway.upstream.ServiceDirectory;
import dev.sluice.gateway.upstream.ServiceDirectory.Listing;
import io.fabric8.kubernetes.api.model.ListOptions;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSliceList;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.dsl.FilterWatchListDeletable;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.vertx.core.net.SocketAddress;
import java.net.HttpURLConnection;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Follows one service on a virtual thread of its own: lists its EndpointSlices, then watches them
 * from that version on. A watch that ends is taken up where it ended; one that never began, that
 * the API refuses or whose version it has forgotten begins with a list again. While the API is away
 * the last endpoints stay.
 */
final class ServiceWatch implements ServiceDirectory.Watch {
  private static final String SERVICE_NAME = "kubernetes.io/service-name";
  private static final Backoff BACKOFF =
      new Backoff.Exponential(TimeUnit.MILLISECONDS.toNanos(100), TimeUnit.SECONDS.toNanos(30));

  /** The API ends a watch after this time, and one more of it when chance wants it so. */
  private static final long WATCH_SECONDS = 300;

  private static final long LONGEST_SECONDS = 15;

  /** A watch that held so long was a good one. */
  private static final long GOOD_NANOS = TimeUnit.SECONDS.toNanos(5);

  private final Supplier<KubernetesClient> client;
  private final Source.Kubernetes service;
  private final Consumer<Listing> found;
  private final Ticker ticker;
  private final Consumer<ServiceWatch> ended;
  private final Slices slices;
  private final DiscoveryLog log;
  private final Thread thread;

  private final CountDownLatch closed = new CountDownLatch(1);

  private @Nullable String version;
  private @Nullable List<SocketAddress> told;
  private int failures;

  ServiceWatch(
      Supplier<KubernetesClient> client,
      String upstream,
      Source.Kubernetes service,
      Consumer<Listing> found,
      Ticker ticker,
      Consumer<ServiceWatch> ended) {
    this.client = client;
    this.service = service;
    this.found = found;
    this.ticker = ticker;
    this.ended = ended;
    this.slices = new Slices(service.port());
    this.log = new DiscoveryLog(upstream, service, ticker);
    this.thread = Thread.ofVirtual().name("sluice-discovery-" + upstream).unstarted(this::run);
  }

  void start() {
    thread.start();
  }

  @Override
  public String state() {
    return log.state();
  }

  @Override
  public void close() {
    closed.countDown();
    thread.interrupt();
  }

  private void run() {
    try {
      long pause = 0;
      while (!closed.await(pause, TimeUnit.NANOSECONDS)) {
        step();
        failures++;
        pause = BACKOFF.delayNanos(failures, ThreadLocalRandom.current());
      }
    } catch (InterruptedException close) {
      Thread.currentThread().interrupt();
    } finally {
      ended.accept(this);
    }
  }

  /** One list, if one is needed, and one watch to its end. */
  private void step() throws InterruptedException {
    try {
      KubernetesClient api = client.get();
      follow(api, namespace(api));
    } catch (RuntimeException failure) {
      int status = failure instanceof KubernetesClientException refused ? refused.getCode() : 0;
      if (status > 0) {
        version = null; // it answers, but not to this: too old a version, no right to it
      }
      if (status != HttpURLConnection.HTTP_GONE && closed.getCount() > 0) {
        log.away(failure, told == null ? 0 : told.size());
      }
    }
  }

  private String namespace(KubernetesClient api) {
    return service.namespace() != null
        ? service.namespace()
        : Objects.requireNonNullElse(api.getNamespace(), "default");
  }

  private void follow(KubernetesClient api, String namespace) throws InterruptedException {
    String host = service.service() + "." + namespace + ".svc";
    FilterWatchListDeletable<EndpointSlice, EndpointSliceList, Resource<EndpointSlice>> all =
        api.discovery()
            .v1()
            .endpointSlices()
            .inNamespace(namespace)
            .withLabel(SERVICE_NAME, service.service());
    if (version == null) {
      EndpointSliceList list = within(all::list);
      slices.replace(list.getItems());
      version = list.getMetadata().getResourceVersion();
      tell(host);
    }
    long seconds = WATCH_SECONDS + ThreadLocalRandom.current().nextLong(WATCH_SECONDS);
    SliceEvents events = new SliceEvents(slices, version);
    ListOptions options =
        new ListOptionsBuilder()
            .withResourceVersion(version)
            .withAllowWatchBookmarks(true)
            .withTimeoutSeconds(seconds)
            .build();
    Callable<Watch> opening =
        () -> {
          Watch late = all.watch(options, events);
          if (events.over()) { // nobody waits for it any more
            late.close();
          }
          return late;
        };
    try (Watch watch = within(opening)) {
      long opened = ticker.nanos();
      log.watching(told == null ? 0 : told.size());
      // The API has to end it in time: when it is silent for longer, the connection is dead.
      while (events.happened(seconds + 30)) {
        tell(host);
      }
      boolean held = ticker.nanos() - opened > GOOD_NANOS;
      failures = held ? 0 : failures;
      // The client calls a watch open before it is, when it tries without WebSocket: of one that
      // said nothing and did not hold, only a list can tell whether the API is there.
      version = held || events.heard() ? events.version() : null;
    } finally {
      events.end();
    }
  }

  /**
   * Bounds a question as a whole: the client bounds the wait for the answer's head only, and an
   * answer that stops in its middle would be waited for without end.
   */
  private static <T> T within(Callable<T> question) throws InterruptedException {
    FutureTask<T> asked = new FutureTask<>(question);
    Thread.startVirtualThread(asked);
    try {
      return asked.get(LONGEST_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException failed) {
      throw failed.getCause() instanceof RuntimeException cause
          ? cause
          : new KubernetesClientException("it failed", failed.getCause());
    } catch (TimeoutException late) {
      throw new KubernetesClientException("no answer within " + LONGEST_SECONDS + " s");
    } finally {
      asked.cancel(true);
    }
  }

  /** Tells the endpoints when they are others than before. */
  private void tell(String host) {
    Slices.Meaning meaning = slices.meaning();
    log.ports(meaning.otherPorts());
    if (!meaning.sockets().equals(told) && closed.getCount() > 0) {
      found.accept(new Listing(host, meaning.sockets()));
      told = meaning.sockets();
      log.endpoints(meaning.sockets().size(), meaning.draining());
    }
  }
}
