package dev.sluice.gateway.exchange;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A JSON value whose strings are templates; keys are not. Immutable. */
public sealed interface TemplateTree {
  /** The value for one request: maps, lists, strings, numbers, booleans, null. */
  @Nullable Object render(TemplateValues values, TemplateBody body);

  /** All templates in it. */
  Stream<Template> templates();

  /** Whether a template in it asks for the request's body. */
  default boolean needsBody() {
    return templates().anyMatch(Template::needsBody);
  }

  /**
   * Looks whether the request has all that its templates ask of it.
   *
   * @throws dev.sluice.gateway.failure.Failed {@code INVALID_INPUT} that names what is missing or
   *     does not fit
   */
  default void demand(TemplateValues values, TemplateBody body) {
    templates().forEach(each -> each.demand(values, body));
  }

  /** The named values that its templates ask for. */
  default Set<String> names() {
    return templates().flatMap(each -> each.names().stream()).collect(Collectors.toSet());
  }

  /**
   * Compiles a value of the configuration.
   *
   * @throws TemplateFault when one of its strings is no template
   */
  static TemplateTree compile(@Nullable Object value, TemplateScope scope) {
    return switch (value) {
      case String text -> new Text(Template.compile(text, scope));
      case Map<?, ?> map -> {
        Map<String, TemplateTree> fields = new LinkedHashMap<>();
        map.forEach((key, each) -> fields.put(String.valueOf(key), compile(each, scope)));
        yield new Fields(fields);
      }
      case List<?> list -> {
        List<TemplateTree> items = new ArrayList<>();
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
  record Text(Template template) implements TemplateTree {
    @Override
    public @Nullable Object render(TemplateValues values, TemplateBody body) {
      return template.json(values, body);
    }

    @Override
    public Stream<Template> templates() {
      return Stream.of(template);
    }
  }

  /** An object. */
  record Fields(Map<String, TemplateTree> fields) implements TemplateTree {
    @Override
    public Object render(TemplateValues values, TemplateBody body) {
      Map<String, @Nullable Object> out = new LinkedHashMap<>();
      fields.forEach((name, value) -> out.put(name, value.render(values, body)));
      return out;
    }

    @Override
    public Stream<Template> templates() {
      return fields.values().stream().flatMap(TemplateTree::templates);
    }
  }

  /** An array. */
  record Items(List<TemplateTree> items) implements TemplateTree {
    @Override
    public Object render(TemplateValues values, TemplateBody body) {
      List<@Nullable Object> out = new ArrayList<>();
      for (TemplateTree item : items) {
        out.add(item.render(values, body));
      }
      return out;
    }

    @Override
    public Stream<Template> templates() {
      return items.stream().flatMap(TemplateTree::templates);
    }
  }

  /** What no request changes. */
  record Fixed(@Nullable Object value) implements TemplateTree {
    @Override
    public @Nullable Object render(TemplateValues values, TemplateBody body) {
      return value;
    }

    @Override
    public Stream<Template> templates() {
      return Stream.empty();
    }
  }
}
