-- The business's own words for follow-ups, and follow-ups as operators handle them.

-- Returns the texts that an organization has of its own: [{"kind", "text", "updated_at"}]. Raises PT404.
create function api.list_templates(p_organization_id uuid) returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
    v_organization app.organizations := app.organization_of(p_organization_id);
begin
    return (
        select coalesce(
            jsonb_agg(
                jsonb_build_object('kind', kind, 'text', text, 'updated_at', updated_at) order by kind
            ),
            '[]'
        )
        from app.templates where organization_id = v_organization.id
    );
end
$$;

-- Keeps a text of the organization's own for a kind of follow-up; null goes back to the locale's. Its variables are
-- checked by whoever calls. Returns {"kind", "text"}. Raises PT404.
create function api.put_template(p_organization_id uuid, p_kind text, p_text text) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_organization app.organizations := app.organization_of(p_organization_id);
begin
    if p_text is null then
        delete from app.templates where organization_id = v_organization.id and kind = p_kind;
    else
        insert into app.templates (organization_id, kind, text, updated_at)
        values (v_organization.id, p_kind, p_text, app.now())
        on conflict (organization_id, kind) do update set text = excluded.text, updated_at = excluded.updated_at;
    end if;
    return jsonb_build_object('kind', p_kind, 'text', p_text);
end
$$;

-- Returns what an organization chose about follow-ups, see app.followup_options; p_changes, when given, changes those
-- that it names, null going back to what holds for everybody. What is planned already stays. Raises PT404, and PT422 (hint
-- `invalid_change`).
create function api.followup_options(p_organization_id uuid, p_changes jsonb default '{}') returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_organization app.organizations := app.organization_of(p_organization_id);
begin
    perform app.check_followup_options(p_changes);
    update app.organizations
    set settings = settings || jsonb_build_object(
        'followups', jsonb_strip_nulls(coalesce(settings -> 'followups', '{}') || p_changes)
    )
    where id = v_organization.id and p_changes <> '{}'
    returning * into v_organization;
    if not found then
        v_organization := app.organization_of(p_organization_id);
    end if;
    return app.followup_options(v_organization);
end
$$;

-- Raises PT422 (hint `invalid_change`), naming what api.followup_options does not take: a trigger that met it later would
-- fail with what it follows.
create function app.check_followup_options(p_changes jsonb) returns void
language plpgsql
immutable
set search_path = ''
as $$
declare
    v_problem text;
begin
    if jsonb_typeof(p_changes) is distinct from 'object' then
        v_problem := 'the changes must be an object';
    else
        v_problem := (
            select min(case
                when change.key not in (
                    'appointment_reminder', 'feedback_request', 'silence', 'payment_reminder', 'review_link'
                ) then format('follow-ups have no option %s', change.key)
                when jsonb_typeof(change.value) = 'null' then null
                when change.key <> 'review_link' and jsonb_typeof(change.value) <> 'boolean'
                    then format('%s must be true or false', change.key)
                when change.key = 'review_link' and not (
                    jsonb_typeof(change.value) = 'string' and length(change.value #>> '{}') <= 500
                    and change.value #>> '{}' ~ '^https://[^[:space:]{}]+$'
                ) then 'review_link must be a link that begins with https://, of at most 500 characters'
            end)
            from jsonb_each(p_changes) as change
        );
    end if;
    if v_problem is not null then
        raise sqlstate 'PT422' using message = v_problem, hint = 'invalid_change';
    end if;
end
$$;

-- Returns a follow-up as operators see it: its facts, "expires_at", "phone", "message": how far its message got.
create function app.followup_entry(p_followup app.followups) returns jsonb
language sql
stable
set search_path = ''
as $$
    select app.followup_facts(p_followup) || jsonb_build_object(
        'expires_at', (p_followup).expires_at,
        'phone', app.phone_of((p_followup).contact_id),
        'message', (
            select state from app.messages
            where id = (p_followup).message_id and organization_id = (p_followup).organization_id
        )
    )
$$;

-- Returns follow-ups of an organization: {"followups": [see app.followup_entry], those due last last, "total": how many
-- there are}; of more than p_limit the ones that are due nearest to now. p_filter is {"state", "kind", "local_date": the
-- day on which they are due, "recent": true without those that ended and were due more than seven days ago}, each of
-- which may be missing. Raises PT404.
create function api.list_followups(p_organization_id uuid, p_filter jsonb default '{}', p_limit integer default 100)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
    v_organization app.organizations := app.organization_of(p_organization_id);
    v_day date := (p_filter ->> 'local_date')::date;
    v_recent boolean := coalesce((p_filter ->> 'recent')::boolean, false);
begin
    return (
        with chosen as (
            select followup as entry from app.followups as followup
            where followup.organization_id = v_organization.id
                and (p_filter ->> 'state' is null or followup.state = p_filter ->> 'state')
                and (p_filter ->> 'kind' is null or followup.kind = p_filter ->> 'kind')
                and (v_day is null or (
                    followup.due_at >= v_day::timestamp at time zone v_organization.timezone
                    and followup.due_at < (v_day + 1)::timestamp at time zone v_organization.timezone
                ))
                and (not v_recent or followup.state = 'waiting' or followup.due_at > app.now() - interval '7 days')
        ),
        nearest as (
            select entry from chosen
            order by abs(extract(epoch from (entry).due_at - app.now())), (entry).id
            limit p_limit
        )
        select jsonb_build_object(
            'followups', (
                select coalesce(
                    jsonb_agg(app.followup_entry(entry) order by (entry).due_at, (entry).id), '[]'
                )
                from nearest
            ),
            'total', (select count(*) from chosen)
        )
    );
end
$$;

create index followups_of_organization on app.followups (organization_id, due_at);

-- Plans a follow-up that no event brings about. p_followup is {"kind": "custom" | "reactivation" | "birthday_greeting",
-- "contact_id" or "phone", "text"?, "local_time": when it is due, without a zone, or "due_at", "expires_at"?: a day later
-- otherwise, "idempotency_key"?: what tells it from others}. The same again plans nothing more. Returns
-- app.followup_entry. Raises PT404, and PT422 with the hints `unknown_contact`, `unknown_kind`, `no_text` (a custom one
-- has no other), `past`, or with what app.unreachable says of the contact.
create function api.add_followup(p_organization_id uuid, p_followup jsonb) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_organization app.organizations := app.organization_of(p_organization_id);
    v_kind text := p_followup ->> 'kind';
    v_due_at timestamptz := coalesce(
        (p_followup ->> 'due_at')::timestamptz,
        (p_followup ->> 'local_time')::timestamp at time zone v_organization.timezone
    );
    v_contact app.contacts;
    v_hint text;
    v_key text;
    v_followup app.followups;
begin
    select * into v_contact from app.contacts
    where organization_id = v_organization.id and id = coalesce(
        (p_followup ->> 'contact_id')::uuid, (app.contacts_with_phone(v_organization.id, p_followup ->> 'phone'))[1]
    );
    v_hint := case
        when v_contact.id is null then 'unknown_contact'
        when v_kind is null or v_kind not in ('custom', 'reactivation', 'birthday_greeting') then 'unknown_kind'
        when v_kind = 'custom' and coalesce(p_followup ->> 'text', '') = '' then 'no_text'
        when v_due_at is null or v_due_at < app.now() then 'past'
        else app.unreachable(v_contact, null, app.is_marketing(v_kind))
    end;
    if v_hint is not null then
        raise sqlstate 'PT422' using message = format('no follow-up can be planned: %s', v_hint), hint = v_hint;
    end if;
    v_key := v_kind || ':' || coalesce(
        p_followup ->> 'idempotency_key',
        format('%s:%s:%s', v_contact.id, extract(epoch from v_due_at)::bigint, md5(coalesce(p_followup ->> 'text', '')))
    );
    perform app.plan_followup(jsonb_build_object(
        'organization_id', v_organization.id,
        'contact_id', v_contact.id,
        'kind', v_kind,
        'text', p_followup ->> 'text',
        'idempotency_key', v_key,
        'due_at', v_due_at,
        'expires_at', coalesce((p_followup ->> 'expires_at')::timestamptz, v_due_at + interval '1 day')
    ));
    select * into v_followup from app.followups
    where organization_id = v_organization.id and idempotency_key = v_key;
    return app.followup_entry(v_followup);
end
$$;

-- Calls one follow-up off, also when its message waits in the outbox. Returns app.followup_entry as it is then. Raises
-- PT404 (hint `unknown_followup`).
create function api.cancel_followup(p_organization_id uuid, p_followup_id uuid) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_followup app.followups;
begin
    perform app.cancel_followups(array_agg(id), 'operator') from app.followups
    where id = p_followup_id and organization_id = p_organization_id;
    select * into v_followup from app.followups where id = p_followup_id and organization_id = p_organization_id;
    if not found then
        raise sqlstate 'PT404' using
            message = format('organization %s has no follow-up %s', p_organization_id, p_followup_id),
            hint = 'unknown_followup';
    end if;
    return app.followup_entry(v_followup);
end
$$;

-- What a routine of an organization would be given on a local date, without claiming or writing anything: {"organization",
-- "options", "owners", "now"}, see api.claim_routine. Raises PT404.
create function api.routine_inputs(p_organization_id uuid, p_kind text) returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
    v_organization app.organizations := app.organization_of(p_organization_id);
begin
    return jsonb_build_object(
        'organization', app.organization_json(v_organization),
        'options', coalesce(
            (select options from app.routines where organization_id = v_organization.id and kind = p_kind), '{}'
        ),
        'owners', app.routine_owners(v_organization.id, p_kind),
        'now', app.now()
    );
end
$$;

revoke all on all functions in schema api from public, anon, authenticated;
grant execute on all functions in schema api to service_role;

notify pgrst, 'reload schema';
