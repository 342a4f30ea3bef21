/** Message rules without I/O: hop-by-hop headers, framing, paths, authorities. */
@NullMarked
package dev.sluice.gateway.http;

import org.jspecify.annotations.NullMarked;
