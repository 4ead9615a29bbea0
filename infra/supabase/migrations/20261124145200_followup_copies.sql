-- Follow-ups belong to the copy of everything that a person may ask for; app.follow_contact blanks them when the person is
-- erased. The contract of api.export_contact gains "followups".

-- What happened with a contact in a business: {"bookings", "waiting_list", "outreach", "followups"}.
create or replace function app.business_with(p_organization_id uuid, p_contact_ids uuid[]) returns jsonb
language sql
stable
set search_path = ''
as $$
    select jsonb_build_object(
        'bookings', (
            select coalesce(jsonb_agg(
                to_jsonb(booking) - 'organization_id' - 'contact_id' || jsonb_build_object(
                    'service', service.name,
                    'events', (
                        select coalesce(jsonb_agg(
                            to_jsonb(event) - 'organization_id' - 'booking_id' - 'id' order by event.id
                        ), '[]')
                        from app.booking_events as event
                        where event.booking_id = booking.id and event.organization_id = p_organization_id
                    )
                )
                order by lower(booking.period)
            ), '[]')
            from app.bookings as booking
            inner join app.services as service
                on service.organization_id = booking.organization_id and service.id = booking.service_id
            where booking.contact_id = any(p_contact_ids) and booking.organization_id = p_organization_id
        ),
        'waiting_list', (
            select coalesce(jsonb_agg(
                to_jsonb(entry) - 'organization_id' - 'contact_id' || jsonb_build_object('service', service.name)
                order by entry.created_at
            ), '[]')
            from app.waiting_list as entry
            inner join app.services as service
                on service.organization_id = entry.organization_id and service.id = entry.service_id
            where entry.contact_id = any(p_contact_ids) and entry.organization_id = p_organization_id
        ),
        'outreach', (
            select coalesce(jsonb_agg(
                jsonb_build_object(
                    'text', outreach.text,
                    'created_at', outreach.created_at,
                    'skipped', recipient.skipped,
                    'message_id', recipient.message_id
                )
                order by outreach.created_at
            ), '[]')
            from app.outreach_recipients as recipient
            inner join app.outreach as outreach
                on outreach.organization_id = recipient.organization_id and outreach.id = recipient.outreach_id
            where recipient.contact_id = any(p_contact_ids) and recipient.organization_id = p_organization_id
        ),
        'followups', (
            select coalesce(jsonb_agg(
                to_jsonb(followup) - 'organization_id' - 'contact_id' order by followup.created_at, followup.id
            ), '[]')
            from app.followups as followup
            where followup.contact_id = any(p_contact_ids) and followup.organization_id = p_organization_id
        )
    )
$$;
