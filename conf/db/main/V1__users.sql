create table users (
  id serial primary key,
  name text not null,
  email text not null constraint users_email_taken unique,
  created_at timestamptz not null default now()
);

insert into users (name, email, created_at) values
  ('Ada', 'ada@example.org', '2024-01-10T08:00:00Z'),
  ('Grace', 'grace@example.org', '2024-06-09T12:30:00Z');
