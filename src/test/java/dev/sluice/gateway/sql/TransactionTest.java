package dev.sluice.gateway.sql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.testing.Gauges;
import dev.sluice.gateway.testing.Http;
import dev.sluice.gateway.testing.Http.Answer;
import dev.sluice.gateway.testing.RawHttp;
import dev.sluice.gateway.testing.RunningGateway;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** All of its statements or none, in a real PostgreSQL. */
class TransactionTest {
  @TempDir private static Path folder;
  private static PostgresGateway postgres;
  private static RunningGateway gateway;
  private static Http http;

  @BeforeAll
  static void start() throws IOException {
    postgres = PostgresGateway.start(folder);
    gateway = postgres.gateway;
    http = postgres.http;
  }

  @AfterAll
  static void stop() {
    postgres.close();
  }

  @Test
  void allOfATransactionHappensOrNothing() {
    long before = http.get("/orders").json().getLong("n");
    Answer done = http.post("/orders", "{\"user\": 1, \"item\": \"mouse\", \"n\": 2}");
    assertThat(done.status()).isEqualTo(200);
    assertThat(done.json().getString("item")).isEqualTo("mouse");
    assertThat(done.json().getInteger("id")).isPositive();
    Answer missing = http.post("/orders", "{\"user\": 1, \"item\": \"cat\", \"n\": 1}");
    assertThat(missing.status()).isEqualTo(409);
    assertThat(missing.detail()).isEqualTo("a statement changed 0 rows where 1 had to");
    Answer over = http.post("/orders", "{\"user\": 1, \"item\": \"mouse\", \"n\": 99}");
    assertThat(over.detail()).isEqualTo("constraint stock_left does not allow it");
    Answer unfit = http.post("/orders", "{\"user\": 1, \"item\": \"mouse\", \"n\": \"x\"}");
    assertThat(unfit.status()).isEqualTo(400);
    assertThat(http.get("/orders").json().getLong("n")).isEqualTo(before + 1);
  }

  @Test
  void aTransactionThatEndsTooLateIsUndone() {
    Answer late = http.post("/late", "");
    assertThat(late.status()).isEqualTo(504);
    Gauges.settled(gateway);
    Gauges.until("its connection is back", () -> postgres.sleepers() == 0);
    assertThat(http.get("/ghosts").text()).isEqualTo("{\"n\":0}");
  }

  @Test
  void aTransactionWhoseAnswerCannotBeMadeIsNotKept() {
    long before = http.get("/orders").json().getLong("n");
    Answer lacking = http.post("/orders", "{\"user\": 1}");
    assertThat(lacking.status()).isEqualTo(400);
    assertThat(lacking.detail()).isEqualTo("body.item is missing");
    Answer unfit = http.post("/unfit", "{\"user\": 1}");
    assertThat(unfit.status()).isGreaterThanOrEqualTo(400);
    assertThat(unfit.detail()).startsWith("order.id is not a UUID");
    assertThat(http.get("/orders").json().getLong("n")).isEqualTo(before);
  }

  @Test
  void aTransactionThatLostAgainstAnotherIsTriedAgain() {
    int before = http.get("/counter").json().getInteger("n");
    CompletableFuture<Answer> other = CompletableFuture.supplyAsync(() -> http.get("/race"));
    Answer one = http.get("/race");
    Answer two = other.join();
    assertThat(List.of(one.status(), two.status())).containsOnly(200);
    assertThat(http.get("/counter").json().getInteger("n")).isEqualTo(before + 2);
    assertThat(one.json().getJsonObject("count").getInteger("n"))
        .isNotEqualTo(two.json().getJsonObject("count").getInteger("n"));
  }

  @Test
  void aClientThatLeavesUndoesItsTransaction() throws IOException {
    try (RawHttp client = RawHttp.connect(gateway.port("web"))) {
      client.send("POST /hang HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
      Gauges.until("it is under way", () -> postgres.sleepers() == 1);
    }
    Gauges.until("its statement is cancelled", () -> postgres.sleepers() == 0);
    Gauges.settled(gateway);
    assertThat(http.get("/ghosts").text()).isEqualTo("{\"n\":0}");
  }
}
