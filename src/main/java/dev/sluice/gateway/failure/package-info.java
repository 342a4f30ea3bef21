/** Why a request failed; below everything, imports only java.*. */
@NullMarked
package dev.sluice.gateway.failure;

import org.jspecify.annotations.NullMarked;
