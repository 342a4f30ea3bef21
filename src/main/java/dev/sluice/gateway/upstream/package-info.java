/** Groups of endpoints: pools, balancers, health, ejection, discovery. */
@NullMarked
package dev.sluice.gateway.upstream;

import org.jspecify.annotations.NullMarked;
