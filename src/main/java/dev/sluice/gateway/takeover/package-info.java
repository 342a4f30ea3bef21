/** How one process gets the listening sockets of another, and the other leaves. */
@NullMarked
package dev.sluice.gateway.takeover;

import org.jspecify.annotations.NullMarked;
