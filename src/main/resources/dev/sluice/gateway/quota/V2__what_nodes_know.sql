-- What was added last. A node says with each count what it knows of the whole: a table that has less (restored from a backup,
-- a replica that lagged when it took over) is brought back to that, once, however many nodes know it.
alter table sluice_quotas add column added bigint not null default 0;
