-- Two schemas: `app` holds the tables and is granted to nobody; `api` holds the functions that PostgREST exposes.
-- The secret key maps to service_role, which bypasses row level security but not grants, so it reaches only `api`.

create schema if not exists app;
create schema if not exists api;
create schema if not exists extensions;

create extension if not exists btree_gist with schema extensions;
create extension if not exists unaccent with schema extensions;

revoke all on schema app from public;
revoke all on schema api from public;
grant usage on schema api to service_role;

-- The one source of time in SQL. Tests and the simulation replace it.
create function app.now() returns timestamptz
language sql
stable
set search_path = ''
as $$ select pg_catalog.now() $$;

-- Proves that the data answers: the readiness probe and the doctor call it.
create function api.ping() returns jsonb
language sql
stable
security definer
set search_path = ''
as $$ select jsonb_build_object('now', app.now()) $$;

revoke all on all functions in schema api from public, anon, authenticated;
grant execute on all functions in schema api to service_role;

notify pgrst, 'reload schema';
