package dev.sluice.gateway.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.config.Secret;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.EventBusOptions;
import io.vertx.core.net.NetClientOptions;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetServerOptions;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class BusKeysTest {
  private static BusKeys keys(String cluster, String secret) {
    return BusKeys.of(new ClusterKey(cluster, new Secret(secret)));
  }

  private static final BusKeys KEYS = keys("prod", "a secret of the cluster");

  private final Vertx vertx = Vertx.vertx();

  @AfterEach
  void close() throws Exception {
    done(vertx.close());
  }

  private static <T> T done(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
  }

  @Test
  void whoeverKnowsTheSecretHasTheSameKeys() {
    assertThat(keys("prod", "a secret of the cluster")).isEqualTo(KEYS);
    assertThat(keys("test", "a secret of the cluster").key()).isNotEqualTo(KEYS.key());
    assertThat(keys("prod", "another secret of it").key()).isNotEqualTo(KEYS.key());
    assertThat(KEYS.toString()).doesNotContain(KEYS.key());
  }

  private static EventBusOptions options(BusKeys keys) {
    EventBusOptions options = new EventBusOptions();
    keys.use(options);
    return options;
  }

  private NetServer server(CompletableFuture<Buffer> heard) throws Exception {
    NetServerOptions options = new NetServerOptions(options(KEYS).toJson()).setPort(0);
    return done(
        vertx
            .createNetServer(options)
            .connectHandler(socket ->
                socket.handler(words -> {
                  heard.complete(words);
                  socket.write("heard");
                }))
            .listen(0, "127.0.0.1"));
  }

  /** What a client with these options gets to hear. */
  private String told(NetServer server, NetClientOptions options) throws Exception {
    CompletableFuture<String> told = new CompletableFuture<>();
    vertx
        .createNetClient(options.setHostnameVerificationAlgorithm(""))
        .connect(server.actualPort(), "127.0.0.1")
        .onSuccess(socket -> {
          socket.handler(words -> told.complete(words.toString()));
          socket.closeHandler(gone -> told.complete("closed"));
          socket.exceptionHandler(cause -> told.complete("closed"));
          socket.write("hello").onFailure(cause -> told.complete("closed"));
        })
        .onFailure(refused -> told.complete("closed"));
    return told.get(10, TimeUnit.SECONDS);
  }

  @Test
  void nodesOfOneSecretUnderstandEachOther() throws Exception {
    CompletableFuture<Buffer> heard = new CompletableFuture<>();
    NetServer server = server(heard);
    assertThat(told(server, new NetClientOptions(options(KEYS).toJson()))).isEqualTo("heard");
    assertThat(heard.get(10, TimeUnit.SECONDS).toString()).isEqualTo("hello");
  }

  @Test
  void whoDoesNotKnowTheSecretIsNeitherHeardNorTold() throws Exception {
    CompletableFuture<Buffer> heard = new CompletableFuture<>();
    NetServer server = server(heard);
    BusKeys others = keys("prod", "another secret of it");
    assertThat(told(server, new NetClientOptions(options(others).toJson()))).isEqualTo("closed");
    NetClientOptions nobody = new NetClientOptions().setSsl(true).setTrustAll(true);
    assertThat(told(server, nobody)).isEqualTo("closed");
    assertThat(told(server, new NetClientOptions())).isEqualTo("closed");
    assertThat(heard).isNotDone();
  }
}
