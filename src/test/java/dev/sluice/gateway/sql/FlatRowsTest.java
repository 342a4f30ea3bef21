package dev.sluice.gateway.sql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.testing.GatewayProcess;
import dev.sluice.gateway.testing.Http;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A million rows in and out of a gateway whose heap could not hold them. */
@Tag("full")
class FlatRowsTest {
  private static final int ROWS = 1_000_000;

  @TempDir private Path folder;

  @Test
  void aMillionRowsGoInAndComeOutThroughASmallHeap() throws Exception {
    Files.createDirectories(folder.resolve("db"));
    Files.writeString(
        folder.resolve("db/V1__rows.sql"),
        "create table big (id int not null, name text not null, note text not null);");
    try (GatewayProcess gateway =
            GatewayProcess.start(
                folder,
                """
                version: 1
                admin: {port: 0}
                accessLog: {enabled: false}
                drain: {delay: 0ms, timeout: 1s}
                listeners: {public: {address: 127.0.0.1, port: %d}}
                databases: {main: {url: "embedded:postgres?temporary", migrations: db}}
                routes:
                  - {name: in, match: {path: /rows, methods: [POST]}, timeout: 60s, sql: {database: main, ingest: {table: big, columns: [id, name, note]}}}
                  - {name: out, match: {path: /rows, methods: [GET]}, timeout: 60s, sql: {database: main, query: "select id, name, note from big"}}
                """,
                "-Xmx128m");
        Http http = Http.to(gateway.port())) {
      PostgresGateway.open(http, "/rows");
      URI rows = URI.create("http://127.0.0.1:" + gateway.port() + "/rows");
      assertThat(upload(rows)).isEqualTo("{\"inserted\":" + ROWS + "}");
      assertThat(download(rows)).isEqualTo(ROWS);
      assertThat(gateway.alive()).isTrue();
    }
  }

  private static String upload(URI target) throws Exception {
    HttpURLConnection connection = (HttpURLConnection) target.toURL().openConnection();
    connection.setRequestMethod("POST");
    connection.setDoOutput(true);
    connection.setChunkedStreamingMode(1 << 16);
    connection.setReadTimeout(120_000);
    try (OutputStream out = connection.getOutputStream()) {
      StringBuilder lines = new StringBuilder();
      for (int i = 0; i < ROWS; i++) {
        lines.append("{\"id\":").append(i).append(",\"name\":\"name ").append(i);
        lines.append("\",\"note\":\"").append("x".repeat(60)).append("\"}\n");
        if (lines.length() > 1 << 16) {
          out.write(lines.toString().getBytes(StandardCharsets.UTF_8));
          lines.setLength(0);
        }
      }
      out.write(lines.toString().getBytes(StandardCharsets.UTF_8));
    }
    return new String(connection.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
  }

  private static long download(URI target) throws Exception {
    HttpURLConnection connection = (HttpURLConnection) target.toURL().openConnection();
    connection.setRequestProperty("accept", "application/x-ndjson");
    connection.setReadTimeout(120_000);
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(connection.getInputStream(), StandardCharsets.UTF_8))) {
      return lines.lines().filter(line -> line.endsWith("\"}")).count();
    }
  }
}
