-- Tenants: the business, its owners' phone numbers, and the WhatsApp numbers it answers on.

create table app.organizations (
    id uuid primary key default gen_random_uuid(),
    name text not null check (length(name) between 1 and 200),
    business_type text,
    locale text not null default 'pt-BR' check (locale in ('pt-BR', 'en')),
    timezone text not null,
    currency text not null default 'BRL' check (currency ~ '^[A-Z]{3}$'),
    -- {"mon": [["09:00", "18:00"]], …, "sun": []}, local times
    business_hours jsonb not null default '{}' check (jsonb_typeof(business_hours) = 'object'),
    assistant_enabled boolean not null default true,
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
