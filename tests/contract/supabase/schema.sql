-- Functions and tables of every shape that PostgREST distinguishes. Exposed: `api` and `archive`.

create schema app;
create schema api;
create schema archive;
grant usage on schema api, archive to anon, authenticated, service_role;

create table app.notes (id bigint generated always as identity primary key, note text not null unique);
create table app.orders (id integer primary key, note_id bigint not null references app.notes);

create table api.people (
    id integer primary key,
    name text not null,
    born date,
    tags text[] not null default '{}',
    address jsonb not null default '{}',
    hours int4range
);
insert into api.people (id, name, born, tags, address, hours) values
(1, 'Ana', '1990-02-28', '{vip,dog}', '{"city": "Açu", "phones": [{"kind": "home", "number": "1"}]}', '[8,12)'),
(2, 'Bruno', null, '{dog}', '{"city": "Belém"}', '[12,18)'),
(3, 'Carla, a outra', '2001-12-31', '{}', '{"note": "a \"b\""}', null);
grant select on api.people to anon, service_role;

create table api.locked (id integer);
create view archive.people as select people.id, people.name from api.people;
grant select on archive.people to anon, service_role;

-- Shapes of results.
create function api.add(a integer, b integer default 10) returns integer
language sql immutable as $$ select a + b $$;

create function api.nothing(p_note text default 'nothing') returns void
language sql security definer as $$ insert into app.notes (note) values (p_note) $$;

create function api.nothing_stable(p_fails boolean) returns void
language plpgsql stable as $$
begin
    if p_fails then raise exception 'it ran'; end if;
end
$$;

create function api.missing_number() returns integer language sql stable as $$ select null::integer $$;
create function api.numbers(p_count integer) returns setof integer
language sql stable as $$ select generate_series(1, p_count) $$;
create function api.person(p_id integer) returns api.people
language sql stable as $$ select * from api.people where id = p_id $$;
create function api.people_from(p_id integer) returns setof api.people
language sql stable as $$ select * from api.people where id >= p_id order by id $$;
create function api.pairs(p_count integer) returns table (id integer, label text)
language sql stable as $$ select n, 'label ' || n from generate_series(1, p_count) as n $$;
create function api.two(out a integer, out b text) language sql stable as $$ select 1, 'ç' $$;
create function api.one(out a integer) language sql stable as $$ select 7 $$;
create function api.document() returns jsonb
language sql stable as $$ select '{"a": [1, null, "é"], "b": 1.50}'::jsonb $$;
create function api.values_of_types() returns table (
    amount numeric, exact bigint, ratio float8, at timestamptz, day date, code uuid, raw bytea, flag boolean, letter "char"
)
language sql stable as $$
    select 12.50, 9007199254740993, 0.1::float8, '2026-01-02T03:04:05.678Z'::timestamptz, '2026-01-02'::date,
        '0a0a0a0a-0000-4000-8000-000000000001'::uuid, '\xdeadbeef'::bytea, true, 'x'::"char"
$$;

-- Shapes of arguments.
create function api.echo(jsonb) returns jsonb language sql immutable as $$ select $1 $$;
create function api.echo_text(text) returns text language sql immutable as $$ select $1 $$;
create function api.echo_bytes(bytea) returns integer language sql immutable as $$ select length($1) $$;
create function api.join_words(separator text, variadic words text[]) returns text
language sql immutable as $$ select array_to_string(words, separator) $$;
create function api.describe(
    p_id uuid, p_at timestamptz, p_data jsonb, p_list integer[], p_flag boolean, p_letter character(3), "Mixed Name" text
) returns jsonb
language sql immutable as $$
    select jsonb_build_object(
        'id', p_id, 'at', p_at, 'data', p_data, 'list', p_list, 'flag', p_flag, 'letter', p_letter, 'name', "Mixed Name"
    )
$$;
create function api.twin(a integer) returns text language sql immutable as $$ select 'integer' $$;
create function api.twin(a text) returns text language sql immutable as $$ select 'text' $$;
create function api.twin(b date) returns text language sql immutable as $$ select 'b' $$;

-- Transactions, roles and settings.
create function api.remember(p_note text) returns bigint
language sql security definer as $$ insert into app.notes (note) values (p_note) returning id $$;
create function api.remember_stable(p_note text) returns bigint
language plpgsql stable security definer as $$
begin
    insert into app.notes (note) values (p_note);
    return 1;
end
$$;
create function api.remember_many(p_note text, p_count integer) returns setof bigint
language sql security definer as $$
    insert into app.notes (note) select p_note || n from generate_series(1, p_count) as n returning id
$$;
create function api.notes_like(p_prefix text) returns integer
language sql stable security definer as $$ select count(*)::integer from app.notes where note like p_prefix || '%' $$;
create function api.remember_then_fail(p_note text) returns void
language plpgsql security definer as $$
begin
    insert into app.notes (note) values (p_note);
    raise exception 'too late' using errcode = 'PT409', hint = 'stale', detail = 'the lease is another''s';
end
$$;
create function api.read_tables() returns integer language sql stable as $$ select count(*)::integer from app.notes $$;
create function api.request() returns jsonb
language sql volatile as $$
    select jsonb_build_object(
        'role', current_user,
        'session', session_user,
        'claims', current_setting('request.jwt.claims', true)::jsonb,
        'method', current_setting('request.method', true),
        'path', current_setting('request.path', true),
        'headers', current_setting('request.headers', true)::jsonb,
        'cookies', current_setting('request.cookies', true)::jsonb,
        'search_path', current_setting('search_path'),
        'read_only', current_setting('transaction_read_only'),
        'isolation', current_setting('transaction_isolation'),
        'statement_timeout', current_setting('statement_timeout')
    )
$$;
create function api.request_stable() returns jsonb
language sql stable set statement_timeout = '1234ms' as $$ select api.request() $$;
create function api.request_serializable() returns text
language sql volatile set default_transaction_isolation = 'serializable'
as $$ select current_setting('transaction_isolation') $$;
create function api.leftovers() returns text[]
language sql volatile as $$
    select array[current_setting('request.method', true), current_setting('app.mine', true)]
$$;
create function api.set_mine() returns text
language sql volatile as $$ select set_config('app.mine', 'mine', true) $$;

-- Responses and errors.
create function api.respond(p_status text, p_headers text) returns text
language sql volatile as $$
    select set_config('response.status', p_status, true) || set_config('response.headers', p_headers, true)
$$;
create function api.fail(p_code text, p_message text) returns void
language plpgsql as $$
begin
    raise exception using errcode = p_code, message = p_message, detail = 'the detail', hint = 'the hint';
end
$$;
create function api.fail_as_postgrest(p_message text, p_detail text) returns void
language plpgsql as $$
begin
    raise sqlstate 'PGRST' using message = p_message, detail = p_detail;
end
$$;
create function api.break_rule(p_rule text) returns void
language plpgsql security definer as $$
begin
    case p_rule
        when 'unique' then insert into app.notes (note) values ('same'), ('same');
        when 'foreign key' then insert into app.orders (id, note_id) values (1, -1);
        when 'not null' then insert into app.notes (note) values (null);
        when 'division' then perform 1 / 0;
        when 'no such table' then execute 'select * from app.absent';
        when 'no such function' then execute 'select app.absent()';
        when 'timeout' then perform set_config('statement_timeout', '20ms', true), pg_sleep(0);
    end case;
end
$$;
create function api.sleep(p_seconds float8) returns void
language sql volatile set statement_timeout = '50ms' as $$ select pg_sleep(p_seconds) $$;

create function archive.add(a integer) returns text language sql immutable as $$ select 'from the archive' $$;
