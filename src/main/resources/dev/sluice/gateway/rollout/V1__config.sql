-- Versions of the routing part. One that no node has taken yet is proposed; at most one is.
create table sluice_config (
  version bigint primary key,
  change text not null unique,
  text text not null,
  author text not null,
  comment text not null,
  proposed_at timestamptz not null default now(),
  taken_at timestamptz
);
-- Nodes that have told lately that they live.
create table sluice_config_nodes (
  node text primary key,
  name text not null,
  seen_at timestamptz not null,
  version bigint not null
);
-- What they say of a proposed version; without problems they hold it ready.
create table sluice_config_votes (
  change text not null references sluice_config (change) on delete cascade,
  node text not null,
  problems text,
  primary key (change, node)
);
