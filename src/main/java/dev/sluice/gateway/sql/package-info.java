/** SQL actions. */
@NullMarked
package dev.sluice.gateway.sql;

import org.jspecify.annotations.NullMarked;
