-- What a Supabase project has before its first migration, as far as Aurora meets it: the roles behind the API keys,
-- their time limits, and the schemas `auth` and `extensions`. Safe to run again; never a migration.

do $$
declare
    v_role text;
begin
    foreach v_role in array array['anon', 'authenticated', 'service_role', 'authenticator'] loop
        begin
            execute format('create role %I nologin noinherit', v_role);
        exception when duplicate_object or unique_violation then
            null; -- roles belong to the cluster: another database of it has created them
        end;
    end loop;
end
$$;

-- Row level security does not stop service_role; a missing grant does.
alter role service_role bypassrls;
-- The gateway acts as authenticator, which may only become one of the three.
grant anon, authenticated, service_role to authenticator;

-- The limits of a hosted project; service_role has none of its own and keeps authenticator's.
alter role anon set statement_timeout = '3s';
alter role authenticated set statement_timeout = '8s';
alter role authenticator set statement_timeout = '8s';
alter role authenticator set lock_timeout = '8s';

create schema if not exists extensions;
create schema if not exists auth;
grant usage on schema public, extensions, auth to anon, authenticated, service_role;

-- The claims of the caller's token; null outside a request, where the setting is missing or empty.
create or replace function auth.jwt() returns jsonb
language sql
stable
set search_path = ''
as $$ select nullif(current_setting('request.jwt.claims', true), '')::jsonb $$;

create or replace function auth.uid() returns uuid
language sql
stable
set search_path = ''
as $$ select nullif(auth.jwt() ->> 'sub', '')::uuid $$;

create or replace function auth.role() returns text
language sql
stable
set search_path = ''
as $$ select auth.jwt() ->> 'role' $$;
