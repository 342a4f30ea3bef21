/** Real servers inside this process, to try a configuration against without installing anything. */
@NullMarked
package dev.sluice.gateway.embedded;

import org.jspecify.annotations.NullMarked;
