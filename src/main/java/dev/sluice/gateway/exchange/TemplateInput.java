package dev.sluice.gateway.exchange;

/** What the templates of an action see: the request, its body, values with names of their own. */
public record TemplateInput(TemplateValues values, TemplateBody body) {}
