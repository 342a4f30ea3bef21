package dev.sluice.gateway.config;

import org.jspecify.annotations.Nullable;

/**
 * The part that needs a restart.
 *
 * @param admin the admin listener
 * @param loops number of event loops that serve; 0 means one a core
 * @param jobs the pools and the store of jobs
 * @param cluster this node among others; null for one that is alone
 * @param source where the routing part stands
 */
public record NodeConfig(
    AdminConfig admin,
    int loops,
    JobsConfig jobs,
    @Nullable ClusterConfig cluster,
    SourceConfig source) {}
