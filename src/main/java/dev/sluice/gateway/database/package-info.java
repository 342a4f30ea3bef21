/** SQL pools, migrations, embedded servers. */
@NullMarked
package dev.sluice.gateway.database;

import org.jspecify.annotations.NullMarked;
