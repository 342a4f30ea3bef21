-- Asynchronous jobs, from their acceptance to some time after their end.
create table sluice_jobs (
  id text primary key,
  route text not null,
  name text not null,
  state text not null default 'queued',
  progress double precision not null default 0,
  input bytea not null,
  input_type text not null,
  idempotency_key text unique,
  digest text not null,
  runs int not null default 0,
  owner text,
  heartbeat_at timestamptz,
  stop boolean not null default false,
  submitted_at timestamptz not null default now(),
  started_at timestamptz,
  ended_at timestamptz,
  result bytea,
  result_type text,
  reason text,
  detail text
);
create index sluice_jobs_live on sluice_jobs (route, submitted_at) where state in ('queued', 'running');
create index sluice_jobs_over on sluice_jobs (ended_at) where ended_at is not null;
