-- Tenants: the business, its owners' phone numbers, and the WhatsApp numbers it answers on.

-- Says whether a value has the shape of opening hours: days by name, each with pairs of times from 00:00 to 24:00.
create function app.is_week(p_hours jsonb) returns boolean
language sql
immutable
set search_path = ''
as $$
    select jsonb_typeof(p_hours) = 'object'
        and not jsonb_path_exists(p_hours, '$.keyvalue() ? (!(@.key like_regex "^(mon|tue|wed|thu|fri|sat|sun)$"))')
        and not jsonb_path_exists(p_hours, 'strict $.* ? (@.type() != "array")')
        and not jsonb_path_exists(p_hours, 'strict $.*[*] ? (@.type() != "array" || @.size() != 2)')
        and not jsonb_path_exists(p_hours, '$.*[*][*] ? (@.type() != "string")')
        and not jsonb_path_exists(
            p_hours, 'strict $.*[*][*] ? (!(@ like_regex "^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"))', silent => true
        )
$$;

create table app.organizations (
    id uuid primary key default gen_random_uuid(),
    name text not null check (length(name) between 1 and 200),
    business_type text,
    locale text not null default 'pt-BR' check (locale in ('pt-BR', 'en')),
    timezone text not null,
    currency text not null default 'BRL' check (currency ~ '^[A-Z]{3}$'),
    -- {"mon": [["09:00", "18:00"]], …, "sun": []}, local times; a day that is missing is not known
    business_hours jsonb not null default '{}' check (app.is_week(business_hours)),
    assistant_enabled boolean not null default true,
    -- What the model may cost in a local calendar month, in millionths of the prices' currency; null: no limit.
    model_limit_micros bigint check (model_limit_micros >= 0),
    spend_warned_on date, -- the local day on which the owners were last told that most of it is spent
    settings jsonb not null default '{}' check (jsonb_typeof(settings) = 'object'),
    is_active boolean not null default true,
    created_at timestamptz not null default app.now()
);

create table app.owner_numbers (
    organization_id uuid not null references app.organizations (id) on delete cascade,
    phone text not null check (phone ~ '^\+[1-9][0-9]{6,14}$'),
    name text,
    is_active boolean not null default true,
    created_at timestamptz not null default app.now(),
    primary key (organization_id, phone)
);

create table app.instances (
    id uuid primary key default gen_random_uuid(),
    organization_id uuid not null references app.organizations (id) on delete cascade,
    provider text not null check (provider in ('evolution')),
    name text not null check (name ~ '^[A-Za-z0-9_.-]{1,100}$'),
    phone text,
    state text not null default 'connecting' check (state in ('open', 'connecting', 'close')),
    state_reason integer,
    state_changed_at timestamptz not null default app.now(),
    created_at timestamptz not null default app.now(),
    -- The tenant of a webhook is found by this pair alone, so it belongs to one tenant.
    unique (provider, name),
    unique (organization_id, id)
);

alter table app.organizations enable row level security;
alter table app.owner_numbers enable row level security;
alter table app.instances enable row level security;

-- Returns the instance a gateway speaks for; the tenant follows from it and from nothing a caller says.
-- Raises PT404.
create function app.instance_of(p_provider text, p_instance text) returns app.instances
language plpgsql
stable
set search_path = ''
as $$
declare
    v_instance app.instances;
begin
    select * into v_instance from app.instances where provider = p_provider and name = p_instance;
    if not found then
        raise sqlstate 'PT404' using
            message = format('no organization has the %s instance %s', p_provider, p_instance),
            hint = 'unknown_instance';
    end if;
    return v_instance;
end
$$;
