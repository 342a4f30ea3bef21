package dev.sluice.gateway.cluster;

import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/** A node that has no others. */
public final class SingleNode implements Cluster {
  private final String version;
  private final Instant since;
  private final Map<String, Supplier<Future<Buffer>>> answers = new ConcurrentHashMap<>();
  private volatile long configVersion;

  public SingleNode(String version, Instant since) {
    this.version = version;
    this.since = since;
  }

  @Override
  public View view() {
    return new View("", State.SINGLE, List.of(new Member("", version, configVersion, since, true)));
  }

  @Override
  public boolean met() {
    return false;
  }

  @Override
  public int nodes() {
    return 1;
  }

  @Override
  public boolean silent() {
    return false;
  }

  @Override
  public Channel channel(String name, Heard heard) {
    return words -> {};
  }

  @Override
  public void answers(String question, Supplier<Future<Buffer>> answer) {
    answers.put(question, answer);
  }

  @Override
  public Future<List<Answer>> ask(String question) {
    Supplier<Future<Buffer>> own = answers.get(question);
    return own == null
        ? Future.succeededFuture(List.of())
        : own.get()
            .map(words -> List.of(new Answer("", words, null)))
            .otherwise(cause -> List.of(new Answer("", null, String.valueOf(cause.getMessage()))));
  }

  @Override
  public Future<List<Counted>> count(String name, Map<String, Count> counts, Instant until) {
    return Future.failedFuture("nobody else counts");
  }

  @Override
  public void serves(long version) {
    configVersion = version;
  }

  @Override
  public Future<Void> leave() {
    return Future.succeededFuture();
  }
}
