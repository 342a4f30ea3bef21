/** Endpoints as Kubernetes lists them; the only place that sees its client. */
@NullMarked
package dev.sluice.gateway.upstream.kubernetes;

import org.jspecify.annotations.NullMarked;
