package dev.sluice.gateway.respond;

import dev.sluice.gateway.exchange.Template;
import dev.sluice.gateway.exchange.TemplateBody;
import dev.sluice.gateway.exchange.TemplateScope;
import dev.sluice.gateway.exchange.TemplateValues;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A JSON value whose strings are templates; keys are not. Immutable. */
sealed interface JsonTree {
  /** The value for one request: maps, lists, strings, numbers, booleans, null. */
  @Nullable Object render(TemplateValues values, TemplateBody body);

  /** Whether a template in it asks for the request's body. */
  boolean needsBody();

  static JsonTree compile(@Nullable Object value, TemplateScope scope) {
    return switch (value) {
      case String text -> new Text(Template.compile(text, scope));
      case Map<?, ?> map -> {
        Map<String, JsonTree> fields = new LinkedHashMap<>();
        map.forEach((key, each) -> fields.put(String.valueOf(key), compile(each, scope)));
        yield new Fields(fields);
      }
      case List<?> list -> {
        List<JsonTree> items = new ArrayList<>();
        for (Object each : list) {
          items.add(compile(each, scope));
        }
        yield new Items(items);
      }
      case null -> new Fixed(null);
      default -> new Fixed(value);
    };
  }

  /** A string. */
  record Text(Template template) implements JsonTree {
    @Override
    public @Nullable Object render(TemplateValues values, TemplateBody body) {
      return template.json(values, body);
    }

    @Override
    public boolean needsBody() {
      return template.needsBody();
    }
  }

  /** An object. */
  record Fields(Map<String, JsonTree> fields) implements JsonTree {
    @Override
    public Object render(TemplateValues values, TemplateBody body) {
      Map<String, @Nullable Object> out = new LinkedHashMap<>();
      fields.forEach((name, value) -> out.put(name, value.render(values, body)));
      return out;
    }

    @Override
    public boolean needsBody() {
      return fields.values().stream().anyMatch(JsonTree::needsBody);
    }
  }

  /** An array. */
  record Items(List<JsonTree> items) implements JsonTree {
    @Override
    public Object render(TemplateValues values, TemplateBody body) {
      List<@Nullable Object> out = new ArrayList<>();
      for (JsonTree item : items) {
        out.add(item.render(values, body));
      }
      return out;
    }

    @Override
    public boolean needsBody() {
      return items.stream().anyMatch(JsonTree::needsBody);
    }
  }

  /** What no request changes. */
  record Fixed(@Nullable Object value) implements JsonTree {
    @Override
    public @Nullable Object render(TemplateValues values, TemplateBody body) {
      return value;
    }

    @Override
    public boolean needsBody() {
      return false;
    }
  }
}
