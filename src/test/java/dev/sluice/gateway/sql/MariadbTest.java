package dev.sluice.gateway.sql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.testing.Gauges;
import dev.sluice.gateway.testing.Http;
import dev.sluice.gateway.testing.Http.Answer;
import dev.sluice.gateway.testing.RawHttp;
import dev.sluice.gateway.testing.RunningGateway;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The same answers from a real MariaDB, which has other ways for most things. */
class MariadbTest {
  @TempDir private static Path folder;
  private static RunningGateway gateway;
  private static Http http;

  private static final String MIGRATION =
      """
      create table products (id int auto_increment primary key, name varchar(20) not null,
        price decimal(10,2) not null, constraint product_name unique (name), constraint product_price check (price > 0));
      create table parts (id int auto_increment primary key, product int,
        constraint part_product foreign key (product) references products (id));
      create table ghosts (name varchar(20));
      create table docs (id int auto_increment primary key, doc json, ok boolean);
      create table stock (item varchar(20) primary key, n int not null, constraint stock_left check (n >= 0));
      insert into stock values ('mouse', 5);
      insert into products (name, price) values ('Laptop', 999.99), ('Mouse', 29.99), ('Keyboard', 79.99), ('Monitor', 299.99);
      """;

  private static final String ROUTES =
      """
      - {name: product, match: {path: "/products/{id}", methods: [GET]}, sql: {database: shop, query: "select id, name, price from products where id = $1", params: ["{path.id:int}"], result: row}}
      - {name: products, match: {path: /products, methods: [GET]}, sql: {database: shop, query: "select name from products where id <= 4 and price >= $1 and ($2 is null or name = $2) order by id", params: ["{query.minPrice:decimal|0}", "{query.name:text|null}"], result: rows}}
      - {name: add, match: {path: /products, methods: [POST]}, sql: {database: shop, query: "insert into products (name, price) values ($1, $2) returning id", params: ["{body.name}", "{body.price:decimal}"], result: row, status: 201}}
      - {name: change, match: {path: "/products/{id}", methods: [PUT]}, sql: {database: shop, query: "update products set price = $2 where id = $1", params: ["{path.id:int}", "{body.price:decimal}"], result: count}}
      - {name: part, match: {path: /parts, methods: [POST]}, sql: {database: shop, query: "insert into parts (product) values ($1)", params: ["{body.product:int}"]}}
      - {name: types, match: {path: /types}, sql: {database: shop, query: "select cast($1 as decimal(30,10)) as d, $2 as t, $3 as day, $4 as at, cast(null as int) as n, cast('{\\"a\\": 1.10}' as char) as j, x'00ff' as b", params: ["{query.d:decimal}", "{query.t}", "{query.day:date}", "{query.at:timestamp}"], result: row}}
      - name: order
        match: {path: /orders, methods: [POST]}
        sql:
          database: shop
          transaction:
            - {query: "update stock set n = n - $2 where item = $1", params: ["{body.item}", "{body.n:int}"], expect: 1}
            - {as: left, query: "select n from stock where item = $1", params: ["{body.item}"]}
          respond: {left: "{left.n}"}
      - {name: left, match: {path: /left}, sql: {database: shop, query: "select n from stock where item = 'mouse'", result: row}}
      - {name: slow, match: {path: /slow}, sql: {database: shop, query: "select sleep(20)"}}
      - {name: hang, match: {path: /hang}, sql: {database: shop, transaction: [{query: "insert into ghosts values ('ghost')"}, {query: "set statement max_statement_time=60 for select sleep(20), 'sleeper'"}]}}
      - {name: long, match: {path: /long}, sql: {database: shop, query: "set statement max_statement_time=60 for select sleep(20), 'sleeper'"}}
      - {name: ghosts, match: {path: /ghosts}, sql: {database: shop, query: "select count(*) as n from ghosts", result: row}}
      - {name: sleepers, match: {path: /sleepers}, sql: {database: shop, query: "select count(*) as n from information_schema.processlist where info like '%''sleeper''%' and id <> connection_id()", result: row}}
      - {name: doc, match: {path: /docs, methods: [POST]}, sql: {database: shop, query: "insert into docs (doc, ok) values ($1, $2)", params: ["{body.doc:json}", "{body.ok:bool}"]}}
      - {name: docs, match: {path: /docs, methods: [GET]}, sql: {database: shop, query: "select doc as `doc:json`, ok as `ok:bool` from docs order by id"}}
      - {name: syntax, match: {path: /syntax}, sql: {database: shop, query: "selec secret_word"}}
      - {name: many, match: {path: /many}, sql: {database: shop, query: "select seq as i from seq_1_to_3000"}}
      - {name: ingest, match: {path: /bulk, methods: [POST]}, sql: {database: shop, ingest: {table: products, columns: [name, price], batch: 100}}}
      - {name: clear, match: {path: /bulk, methods: [DELETE]}, sql: {database: shop, query: "delete from products where id > 4"}}
      - {name: bulk, match: {path: /bulk, methods: [GET]}, sql: {database: shop, query: "select count(*) as n, sum(price) as sum from products where id > 4", result: row}}
      """;

  @BeforeAll
  static void start() throws IOException {
    Files.writeString(folder.resolve("V1__tables.sql"), MIGRATION);
    gateway =
        RunningGateway.start(
            """
            listeners: {web: {address: 127.0.0.1, port: 0}}
            databases:
              shop: {url: "embedded:mariadb?temporary", migrations: %s, statementTimeout: 1s, init: ["set @a = 1"]}
            routes:
            %s
            """
                .formatted(folder, ROUTES.indent(2)));
    http = Http.to(gateway.port("web"));
    PostgresGateway.open(http, "/products/1");
  }

  @AfterAll
  static void stop() {
    http.close();
    gateway.close();
  }

  @Test
  void rowsAndFiltersAreAnswered() {
    assertThat(http.get("/products/1").text())
        .isEqualTo("{\"id\":1,\"name\":\"Laptop\",\"price\":999.99}");
    assertThat(http.get("/products?minPrice=50").text())
        .isEqualTo("[{\"name\":\"Laptop\"},{\"name\":\"Keyboard\"},{\"name\":\"Monitor\"}]");
    assertThat(http.get("/products?name=Mouse").array()).hasSize(1);
    assertThat(http.get("/products/99").status()).isEqualTo(404);
  }

  @Test
  void changesAreCountedAndNewRowsGiveTheirKeys() {
    Answer added = http.post("/products", "{\"name\": \"Cable\", \"price\": 1.10}");
    assertThat(added.status()).isEqualTo(201);
    int id = added.json().getInteger("id");
    assertThat(http.get("/products/" + id).json().getValue("price").toString()).isEqualTo("1.10");
    assertThat(http.ask("PUT", "/products/" + id, "{\"price\": 2}").text())
        .isEqualTo("{\"count\":1}");
    assertThat(http.ask("PUT", "/products/" + id, "{\"price\": 2}").text())
        .as("found, though nothing changed")
        .isEqualTo("{\"count\":1}");
  }

  @Test
  void typesGoInAndComeOut() {
    assertThat(
            http.get(
                    "/types?d=123456789.123456789&t=a%27b&day=2024-02-29&at=2024-02-29T12:00:00%2B02:00")
                .text())
        .isEqualTo(
            "{\"d\":123456789.1234567890,\"t\":\"a'b\",\"day\":\"2024-02-29\","
                + "\"at\":\"2024-02-29T10:00:00\",\"n\":null,\"j\":\"{\\\"a\\\": 1.10}\",\"b\":\"AP8=\"}");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "/products | {\"name\": \"Laptop\", \"price\": 1} | 409 | constraint product_name does not allow it",
        "/products | {\"name\": \"x\", \"price\": -1}     | 409 | constraint product_price does not allow it",
        "/products | {\"name\": null, \"price\": 1}       | 409 | column name must have a value",
        "/parts    | {\"product\": 999}                   | 409 | constraint part_product does not allow it",
        "/products | {\"name\": \"123456789012345678901\", \"price\": 1} | 400 | a value does not fit column name: one of body.name, body.price",
        "/products | {\"name\": \"x\", \"price\": 1e9}    | 400 | a value does not fit column price: one of body.name, body.price"
      })
  void constraintsAndUnfitValuesAreNamed(String path, String body, int status, String detail) {
    Answer answer = http.post(path, body);
    assertThat(answer.status()).isEqualTo(status);
    assertThat(answer.detail()).isEqualTo(detail);
  }

  @Test
  void aWrongStatementTellsNothingOfIt() {
    Answer answer = http.get("/syntax");
    assertThat(answer.status()).isEqualTo(500);
    assertThat(answer.text()).doesNotContain("secret_word");
  }

  @Test
  void theDatabaseEndsAStatementThatTakesTooLong() {
    Answer answer = http.get("/slow");
    assertThat(answer.status()).isEqualTo(504);
    assertThat(answer.reason()).isEqualTo("upstream_timeout");
  }

  @Test
  void aClientThatLeavesEndsItsStatementInTheDatabase() throws IOException {
    for (String path : new String[] {"/long", "/hang"}) {
      try (RawHttp client = RawHttp.connect(gateway.port("web"))) {
        client.send("GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n");
        Gauges.until("it is under way", () -> sleepers() == 1);
      }
      Gauges.until("it is ended", () -> sleepers() == 0);
      Gauges.settled(gateway);
      assertThat(http.get("/ghosts").text()).isEqualTo("{\"n\":0}");
    }
  }

  private static int sleepers() {
    return http.get("/sleepers").json().getInteger("n");
  }

  @Test
  void everyJsonValueGoesInAndComesOutWhereTheColumnSaysSo() {
    for (String doc :
        new String[] {"{\"a\":[1.50,null]}", "\"text\"", "1.50", "true", "[]", "null"}) {
      Answer added = http.post("/docs", "{\"doc\": " + doc + ", \"ok\": true}");
      assertThat(added.status()).as(added.text()).isEqualTo(200);
    }
    assertThat(http.get("/docs").text())
        .isEqualTo(
            "[{\"doc\":{\"a\":[1.50,null]},\"ok\":true},{\"doc\":\"text\",\"ok\":true},"
                + "{\"doc\":1.50,\"ok\":true},{\"doc\":true,\"ok\":true},{\"doc\":[],\"ok\":true},"
                + "{\"doc\":null,\"ok\":true}]");
  }

  @Test
  void allOfATransactionHappensOrNothing() {
    int before = http.get("/left").json().getInteger("n");
    assertThat(http.post("/orders", "{\"item\": \"mouse\", \"n\": 1}").text())
        .isEqualTo("{\"left\":" + (before - 1) + "}");
    assertThat(http.post("/orders", "{\"item\": \"cat\", \"n\": 1}").status()).isEqualTo(409);
    assertThat(http.post("/orders", "{\"item\": \"mouse\", \"n\": 99}").detail())
        .isEqualTo("constraint stock_left does not allow it");
    assertThat(http.get("/left").json().getInteger("n")).isEqualTo(before - 1);
  }

  @Test
  void manyRowsComeInPieces() throws IOException {
    assertThat(http.get("/many").array()).hasSize(3000);
    for (int i = 0; i < 10; i++) {
      try (RawHttp client = RawHttp.connect(gateway.port("web"))) {
        client.send("GET /many HTTP/1.1\r\nHost: a\r\n\r\n");
        client.socket().getInputStream().read();
      }
    }
    Gauges.settled(gateway);
    assertThat(http.get("/many", "accept", "application/x-ndjson").text().lines()).hasSize(3000);
  }

  private static String rows(int to) {
    return IntStream.range(0, to)
        .mapToObj(i -> "{\"name\": \"n" + i + "\", \"price\": 1.10}")
        .collect(Collectors.joining("\n"));
  }

  @Test
  void manyRowsGoIn() {
    http.ask("DELETE", "/bulk", "");
    assertThat(http.post("/bulk", rows(1234)).text()).isEqualTo("{\"inserted\":1234}");
    assertThat(http.get("/bulk").json())
        .isEqualTo(new JsonObject("{\"n\": 1234, \"sum\": 1357.40}"));
    http.ask("DELETE", "/bulk", "");
    Answer bad = http.post("/bulk", rows(300).replace("n177\"", "n3\""));
    assertThat(bad.status()).isEqualTo(409);
    assertThat(bad.detail()).isEqualTo("row 178: constraint product_name does not allow it");
    assertThat(http.get("/bulk").json().getInteger("n")).isZero();
  }
}
