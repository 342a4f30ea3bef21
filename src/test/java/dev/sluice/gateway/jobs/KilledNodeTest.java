package dev.sluice.gateway.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.testing.GatewayProcess;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A node that is killed in the middle of jobs that it has accepted. */
@Tag("full")
@Timeout(180)
class KilledNodeTest {
  private static final int JOBS = 500;
  private static final long WAIT_NANOS = TimeUnit.SECONDS.toNanos(120);

  @TempDir private Path folder;

  private static byte[] image() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ImageIO.write(new BufferedImage(600, 600, BufferedImage.TYPE_INT_RGB), "png", out);
    return out.toByteArray();
  }

  private static int count(EmbeddedPostgres server, String condition) throws SQLException {
    try (Connection connection = server.getPostgresDatabase().getConnection();
        ResultSet rows =
            connection
                .createStatement()
                .executeQuery("select count(*) from sluice_jobs where " + condition)) {
      rows.next();
      return rows.getInt(1);
    }
  }

  @Test
  void losesNoneOfThemAndKeepsOneResultOfEach() throws Exception {
    try (EmbeddedPostgres server = EmbeddedPostgres.start();
        HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
      String yaml =
          """
          version: 1
          listeners: {web: {address: 127.0.0.1, port: %%d}}
          admin: {port: 0}
          accessLog: {enabled: false}
          databases: {main: {url: "postgresql://postgres:postgres@127.0.0.1:%d/postgres?sslmode=disable", pool: {wait: 1000}}}
          jobs: {store: main}
          routes:
            - {name: small, match: {path: /small}, job: {name: thumbnail, mode: async, with: {width: 60}}}
          """
              .formatted(server.getPort());
      Set<String> accepted = new HashSet<>();
      try (GatewayProcess first =
          GatewayProcess.start(Files.createDirectory(folder.resolve("1")), yaml)) {
        accepted.addAll(submit(client, first.port()));
        assertThat(accepted).hasSize(JOBS);
        assertThat(count(server, "state = 'done'")).isBetween(0, JOBS - 1);
        first.kill();
      }
      int left = count(server, "state <> 'done'");
      assertThat(left).as("killed in the middle").isPositive();
      try (GatewayProcess second =
          GatewayProcess.start(Files.createDirectory(folder.resolve("2")), yaml)) {
        long end = System.nanoTime() + WAIT_NANOS;
        while (count(server, "state = 'done'") < JOBS && System.nanoTime() < end) {
          LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
        }
        assertThat(count(server, "state = 'done' and length(result) > 0")).isEqualTo(JOBS);
        assertThat(count(server, "true")).isEqualTo(JOBS);
        for (String job : accepted) {
          assertThat(
                  client
                      .send(to(second.port(), job + "/result").build(), BodyHandlers.ofByteArray())
                      .statusCode())
              .isEqualTo(200);
        }
      }
    }
  }

  private static HttpRequest.Builder to(int port, String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path));
  }

  private static List<String> submit(HttpClient client, int port) throws Exception {
    byte[] image = image();
    HttpRequest request = to(port, "/small").POST(BodyPublishers.ofByteArray(image)).build();
    HttpResponse<Void> first = client.send(request, BodyHandlers.discarding());
    while (first.statusCode() == 503) { // the database opens
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
      first = client.send(request, BodyHandlers.discarding());
    }
    List<CompletableFuture<HttpResponse<Void>>> answers = new ArrayList<>();
    answers.add(CompletableFuture.completedFuture(first));
    for (int i = 1; i < JOBS; i++) {
      answers.add(client.sendAsync(request, BodyHandlers.discarding()));
    }
    List<String> jobs = new ArrayList<>();
    for (CompletableFuture<HttpResponse<Void>> answer : answers) {
      jobs.add(answer.get().headers().firstValue("location").orElseThrow());
    }
    return jobs;
  }
}
