/** The compiled immutable route table and its matchers. */
@NullMarked
package dev.sluice.gateway.route;

import org.jspecify.annotations.NullMarked;
