-- What the owners are told every day: how the day was, and whose birthday it is.

alter table app.ai_interactions
drop constraint ai_interactions_purpose_check,
add constraint ai_interactions_purpose_check check (
    purpose in ('reply', 'summary', 'transcription', 'suggestion')
);

-- Returns the part of a local date that has passed at a moment; all of it, once it is over.
create function app.day_until(p_timezone text, p_local_date date, p_cut timestamptz) returns app.part
language sql
stable
set search_path = ''
as $$
    select (
        day.starts_at, day.ends_at, greatest(day.starts_at, least(p_cut, day.ends_at))
    )::app.part
    from (
        select
            p_local_date::timestamp at time zone p_timezone as starts_at,
            (p_local_date + 1)::timestamp at time zone p_timezone as ends_at
    ) as day
$$;

-- How long clients waited for what the assistant or a person answered in a part: {"reply_seconds", "replies"}. One wait
-- is from the newest message that a reply covers until the gateway took the reply; "reply_seconds" is their median, null
-- without any.
create function app.reply_figures(p_organization app.organizations, p_part app.part) returns jsonb
language sql
stable
set search_path = ''
as $$
    select jsonb_build_object(
        'reply_seconds', round(
            (percentile_cont(0.5) within group (order by wait.seconds))::numeric
        )::integer,
        'replies', count(*)
    )
    from (
        select extract(epoch from reply.accepted_at - max(message.created_at)) as seconds
        from app.messages as message
        inner join app.conversations as conversation on conversation.id = message.conversation_id
        inner join app.messages as reply on reply.id = message.answered_by
        where message.organization_id = (p_organization).id and conversation.audience = 'client'
            and message.direction = 'inbound'
            and message.created_at >= (p_part).starts_at and message.created_at <= (p_part).cut
            and reply.accepted_at <= (p_part).cut
        group by reply.id
    ) as wait
$$;

-- All that the daily summary of a local date tells, as far as the day has passed.
--
-- Returns {"currency", "compared_with": the same weekday before, "until": the moment up to which the day is told, "over":
-- whether that is its end, "now", "before": see app.figures_of and app.reply_figures, "agenda": api.agenda of the next
-- day, "calendar": api.calendar of both days, "spend": app.spend_of, "conversation_id": an owner's, newest first, or
-- null}. The earlier day counts up to the same time of day, or whole when this one is over. Raises PT404.
create function api.routine_facts_daily_summary(p_organization_id uuid, p_local_date date) returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
    v_organization app.organizations := app.organization_of(p_organization_id);
    v_zone text := v_organization.timezone;
    v_now app.part := app.day_until(v_zone, p_local_date, app.now());
    v_before app.part := app.day_until(
        v_zone, p_local_date - 7, ((v_now.cut at time zone v_zone) - interval '7 days') at time zone v_zone
    );
begin
    return jsonb_build_object(
        'currency', v_organization.currency,
        'compared_with', p_local_date - 7,
        'until', v_now.cut,
        'over', v_now.cut = v_now.ends_at,
        'now', app.figures_of(v_organization, v_now) || app.reply_figures(v_organization, v_now),
        'before', app.figures_of(v_organization, v_before) || app.reply_figures(v_organization, v_before),
        'agenda', api.agenda(p_organization_id, p_local_date + 1, 1),
        'calendar', api.calendar(p_organization_id, p_local_date, p_local_date + 1),
        'spend', app.spend_of(p_organization_id),
        'conversation_id', (
            select id from app.conversations
            where organization_id = p_organization_id and audience = 'owner'
            order by created_at desc, id limit 1
        )
    );
end
$$;

-- Birthdays.

-- Returns the day of a year as one number: 229 is 29 February.
create function app.month_day(p_date date) returns integer
language sql
immutable
set search_path = ''
as $$ select (extract(month from p_date) * 100 + extract(day from p_date))::integer $$;

create index contacts_by_birthday on app.contacts (organization_id, app.month_day(birth_date))
where birth_date is not null;
create index dependents_by_birthday on app.dependents (organization_id, app.month_day(birth_date))
where birth_date is not null;

-- Returns the birthdays that are kept on a date: its own, and in a common year that of 29 February on the 28th.
create function app.birthdays_on(p_date date) returns integer []
language sql
immutable
set search_path = ''
as $$
    select case
        when app.month_day(p_date) = 228 and app.month_day(p_date + 1) = 301 then array[228, 229]
        else array[app.month_day(p_date)]
    end
$$;

-- Returns the age that somebody reaches in the year of a date, null when the year of birth is not known: a birth date of
-- 1904 tells the day alone, as in shared/assistants/birthdays.py.
create function app.age_on(p_birth_date date, p_date date) returns integer
language sql
immutable
set search_path = ''
as $$
    select case
        when extract(year from p_birth_date) <> 1904
            then (extract(year from p_date) - extract(year from p_birth_date))::integer
    end
$$;

-- Returns whose birthday is kept on a local date: one row for each client and each of whom clients care for.
create function app.born_on(p_organization_id uuid, p_local_date date)
returns table (contact_id uuid, kind text, dependent text, age integer)
language sql
stable
set search_path = ''
as $$
    select contact.id, 'client', null, app.age_on(contact.birth_date, p_local_date)
    from app.contacts as contact
    where contact.organization_id = p_organization_id and contact.birth_date is not null
        and app.month_day(contact.birth_date) = any(app.birthdays_on(p_local_date))
        and contact.birth_date <= p_local_date
    union all
    select dependent.contact_id, dependent.kind, dependent.name, app.age_on(dependent.birth_date, p_local_date)
    from app.dependents as dependent
    where dependent.organization_id = p_organization_id and dependent.birth_date is not null
        and app.month_day(dependent.birth_date) = any(app.birthdays_on(p_local_date))
        and dependent.birth_date <= p_local_date
$$;

-- All that the routine of birthdays tells of a local date: {"template": the business's own greeting or null, "total": how
-- many people have to be thought of, "people": [{"contact_id", "name", "phone", "born": whether it is the client's own
-- birthday, "age", "dependents": [{"kind", "name", "age"}], "unreachable": why no greeting may be sent, see
-- app.unreachable, or null}], by name, at most 100, "leaving": {"from", "until": between which moments of the date
-- proactive messages leave}, null when the business sends none}. Owners and who was erased are left out. Raises PT404.
create function api.routine_facts_birthdays(p_organization_id uuid, p_local_date date) returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
    v_organization app.organizations := app.organization_of(p_organization_id);
begin
    return (
        with person as (
            select
                contact.id as contact_id,
                contact.name,
                app.phone_of(contact.id) as phone,
                bool_or(born.dependent is null) as born,
                max(born.age) filter (where born.dependent is null) as age,
                coalesce(
                    jsonb_agg(
                        jsonb_build_object('kind', born.kind, 'name', born.dependent, 'age', born.age)
                        order by born.dependent
                    ) filter (where born.dependent is not null),
                    '[]'
                ) as dependents,
                app.unreachable(contact, null, true) as unreachable
            from app.born_on(v_organization.id, p_local_date) as born
            inner join app.contacts as contact
                on contact.id = born.contact_id and contact.organization_id = v_organization.id
            where contact.erased_at is null and not app.is_owner(contact)
            group by contact.id
        ),
        listed as (select * from person order by name nulls last, contact_id limit 100)
        select jsonb_build_object(
            'template', (
                select text from app.templates
                where organization_id = v_organization.id and kind = 'birthday_greeting'
            ),
            'leaving', case
                when v_organization.proactive_cap > 0 then jsonb_build_object(
                    'from', (p_local_date + v_organization.quiet_until) at time zone v_organization.timezone,
                    'until', (p_local_date + v_organization.quiet_from) at time zone v_organization.timezone
                )
            end,
            'total', (select count(*) from person),
            'people', (
                select coalesce(jsonb_agg(to_jsonb(listed) order by listed.name nulls last, listed.contact_id), '[]')
                from listed
            )
        )
    );
end
$$;

revoke all on all functions in schema api from public, anon, authenticated;
grant execute on all functions in schema api to service_role;

notify pgrst, 'reload schema';
