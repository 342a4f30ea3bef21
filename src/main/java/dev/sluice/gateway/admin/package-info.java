/** The admin API. */
@NullMarked
package dev.sluice.gateway.admin;

import org.jspecify.annotations.NullMarked;
