package dev.sluice.load;

import static io.gatling.javaapi.core.CoreDsl.StringBody;
import static io.gatling.javaapi.core.CoreDsl.bodyString;
import static io.gatling.javaapi.core.CoreDsl.during;
import static io.gatling.javaapi.core.CoreDsl.exec;
import static io.gatling.javaapi.core.CoreDsl.jsonPath;
import static io.gatling.javaapi.core.CoreDsl.pause;
import static io.gatling.javaapi.core.CoreDsl.percent;
import static io.gatling.javaapi.core.CoreDsl.randomSwitch;
import static io.gatling.javaapi.core.CoreDsl.substring;
import static io.gatling.javaapi.http.HttpDsl.http;
import static io.gatling.javaapi.http.HttpDsl.status;
import static io.gatling.javaapi.http.HttpDsl.ws;

import io.gatling.javaapi.core.ChainBuilder;
import io.gatling.javaapi.http.HttpProtocolBuilder;
import java.time.Duration;

/** What users ask for; each answer's content is looked at, not only its status. */
final class Calls {
  /** The routes behind {@link #all} and {@link #one}. */
  static final String NEEDED = "GET /hello, GET /json, POST /process, GET /get, POST /post";

  static final String WEBSOCKET = "GET /ws/echo";
  static final String CHANGEABLE = "GET /load";
  static final String LIMITED = "GET /load/limited";

  private static final ChainBuilder HELLO =
      exec(
          http("hello").get("/hello?name=load").check(status().is(200), substring("Hello, load!")));
  private static final ChainBuilder JSON =
      exec(http("json").get("/json").check(status().is(200), jsonPath("$.path").is("/json")));
  private static final ChainBuilder PROCESS =
      exec(
          http("process")
              .post("/process")
              .header("content-type", "application/json")
              .body(StringBody("{\"id\": 7}"))
              .check(status().is(200), jsonPath("$.received.id").is("7")));
  private static final ChainBuilder GET =
      exec(
          http("get")
              .get("/get?from=load")
              .check(status().is(200), jsonPath("$.args.from").is("load")));
  private static final ChainBuilder POST =
      exec(
          http("post")
              .post("/post")
              .header("content-type", "text/plain")
              .body(StringBody("1 KiB. ".repeat(146)))
              .check(status().is(200), substring("1 KiB. 1 KiB.")));

  private Calls() {}

  /** Where all simulations send to: the addresses in turn, on connections that are kept. */
  static HttpProtocolBuilder protocol() {
    return http.baseUrls(Given.urls())
        .wsBaseUrl(Given.urls().getFirst().replaceFirst("^http", "ws"))
        .disableCaching()
        .disableWarmUp()
        .shareConnections()
        .userAgentHeader("sluice-load-tests");
  }

  /** One request after the other, of each kind. */
  static ChainBuilder all() {
    return exec(HELLO, JSON, PROCESS, GET, POST);
  }

  /** One request: three in five are forwarded, the others are answered by the gateway itself. */
  static ChainBuilder one() {
    return randomSwitch()
        .on(
            percent(45.0).then(GET),
            percent(15.0).then(POST),
            percent(25.0).then(HELLO),
            percent(10.0).then(JSON),
            percent(5.0).then(PROCESS));
  }

  /** A WebSocket that sends a message, awaits it, and does so again after a pause. */
  static ChainBuilder socket(Duration length, Duration pause) {
    return exec(
        ws("connect").connect("/ws/echo"),
        during(length, "message")
            .on(
                exec(
                    ws("send")
                        .sendText("#{message} of one")
                        .await(Duration.ofSeconds(5))
                        .on(
                            ws.checkTextMessage("message")
                                .check(bodyString().isEL("#{message} of one"))),
                    pause(pause))),
        ws("close").close());
  }
}
