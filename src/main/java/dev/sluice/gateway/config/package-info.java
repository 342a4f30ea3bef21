/** The configuration language: records, the strict YAML reader, problems with line and column. */
@NullMarked
package dev.sluice.gateway.config;

import org.jspecify.annotations.NullMarked;
