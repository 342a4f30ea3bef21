create table users (id serial primary key, name text not null,
  email varchar(40) constraint users_email unique, born date);
create table orders (id serial primary key, user_id int constraint orders_user references users(id));
create table stock (item text primary key, n int not null constraint stock_left check (n >= 0));
create table counters (id int primary key, n int not null);
create table bulk (id serial primary key, name text not null, amount numeric(10,2),
  doc jsonb, at timestamptz, ok boolean, code char(3), constraint bulk_name unique (name));
insert into users (name, email, born) values ('Ada', 'ada@example.org', '1815-12-10'), ('Bob', null, null);
insert into stock values ('mouse', 5);
insert into counters values (1, 0);
create function stubborn() returns int language plpgsql as $$
begin
  perform pg_sleep(20);
  return 1;
exception when query_canceled then
  return 2;
end $$;
