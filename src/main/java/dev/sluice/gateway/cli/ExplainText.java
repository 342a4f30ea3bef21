package dev.sluice.gateway.cli;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;

/** An explanation, as the admin API gives it, for people's eyes. */
final class ExplainText {
  private ExplainText() {}

  static List<String> lines(JsonObject answer) {
    List<String> lines = new ArrayList<>();
    lines.add(
        answer.getString("method")
            + " "
            + answer.getString("path")
            + " for host "
            + answer.getString("host")
            + " through listener "
            + answer.getString("listener"));
    String route = answer.getString("route");
    if (route != null) {
      lines.add("");
      lines.add("route      " + route + " (" + answer.getString("position") + ")");
      answer
          .getJsonObject("parameters", new JsonObject())
          .forEach(parameter ->
              lines.add("           {" + parameter.getKey() + "} is " + parameter.getValue()));
      filters(answer.getJsonArray("filters", new JsonArray()), lines);
      lines.add("action     " + answer.getString("action"));
      forwarding(answer, lines);
    } else if (answer.getString("allow") != null) {
      lines.add("");
      lines.add(
          "route      none for this method: 405 method_not_allowed, Allow: "
              + answer.getString("allow"));
    } else {
      lines.add("");
      lines.add("route      none: 404 no_route");
    }
    JsonArray others = answer.getJsonArray("others", new JsonArray());
    if (!others.isEmpty()) {
      lines.add("");
      lines.add("The nearest other routes do not take it:");
      List<List<String>> rows = new ArrayList<>();
      for (int i = 0; i < others.size(); i++) {
        JsonObject other = others.getJsonObject(i);
        rows.add(List.of("  " + other.getString("route"), other.getString("because", "")));
      }
      lines.addAll(Table.lines(rows));
    }
    return lines;
  }

  private static void filters(JsonArray filters, List<String> lines) {
    if (filters.isEmpty()) {
      lines.add("filters    none");
      return;
    }
    for (int i = 0; i < filters.size(); i++) {
      JsonObject filter = filters.getJsonObject(i);
      lines.add(
          (i == 0 ? "filters    " : "           ")
              + (i + 1)
              + ". "
              + filter.getString("filter")
              + ", from "
              + filter.getString("from"));
    }
  }

  private static void forwarding(JsonObject answer, List<String> lines) {
    JsonArray upstreams = answer.getJsonArray("upstreams", new JsonArray());
    for (int i = 0; i < upstreams.size(); i++) {
      JsonObject upstream = upstreams.getJsonObject(i);
      lines.add(
          "upstream   " + upstream.getString("upstream") + ": " + upstream.getString("source"));
      lines.add("           breaker: " + upstream.getString("breaker"));
    }
    JsonArray timeouts = answer.getJsonArray("timeouts", new JsonArray());
    List<List<String>> rows = new ArrayList<>();
    for (int i = 0; i < timeouts.size(); i++) {
      JsonObject bound = timeouts.getJsonObject(i);
      String note = bound.getString("note", "");
      rows.add(
          List.of(
              i == 0 ? "timeouts " : "",
              bound.getString("name"),
              bound.getString("value") + (note.isEmpty() ? "" : " (" + note + ")")));
    }
    lines.addAll(Table.lines(rows));
    if (answer.getString("retry") != null) {
      lines.add("retries    " + answer.getString("retry"));
    }
  }
}
