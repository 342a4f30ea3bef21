-- What all nodes have counted of each key of a quota in one period.
create table sluice_quotas (
  quota text not null,
  period_start timestamptz not null,
  key text not null,
  period_end timestamptz not null,
  used bigint not null,
  primary key (quota, period_start, key)
);
create index sluice_quotas_end on sluice_quotas (period_end);
