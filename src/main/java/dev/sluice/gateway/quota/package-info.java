/** Where counts of quotas are kept, so that they outlive a node. */
@NullMarked
package dev.sluice.gateway.quota;

import org.jspecify.annotations.NullMarked;
