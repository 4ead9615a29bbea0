"""The safeguards of what businesses say of their own accord, each with a way to take it away."""

from infra.simulation.mutation import Edit, Mutation

PROACTIVE_MUTATIONS: tuple[Mutation, ...] = (
    Mutation(
        safeguard="the quiet hours",
        breaks=("quiet_hours_are_kept",),
        edits=(
            Edit(
                function="app.next_waking_moment",
                old="when app.is_awake(p_organization, p_at) then p_at",
                new="when true then p_at",
            ),
        ),
    ),
    Mutation(
        safeguard="the frequency cap",
        breaks=("caps_are_kept",),
        edits=(Edit(function="app.cap_ends_at", old="offset p_cap - 1 limit 1", new="offset 1000 limit 1"),),
    ),
    Mutation(
        safeguard="the word of who opted out",
        breaks=("stops_are_heeded",),
        edits=(
            Edit(
                function="app.proactive_refusal",
                old="when coalesce(contact.opted_out_at, person.opted_out_at) is not null then 'opted_out'",
                new="",
            ),
            Edit(function="app.unreachable", old="when (p_contact).opted_out_at is not null then 'opted_out'", new=""),
            Edit(
                function="app.follow_contact",
                old="if new.opted_out_at is not null or new.erased_at is not null then",
                new="if new.erased_at is not null then",
            ),
            Edit(
                function="app.note_consent",
                old="and message.purpose = 'proactive' and message.state = 'pending'",
                new="and false",
            ),
        ),
    ),
    Mutation(
        safeguard="the consent that advertising takes",
        breaks=("advertising_is_wanted",),
        edits=(
            Edit(
                function="app.proactive_refusal",
                old="when p_occasion.marketing and person.marketing_consent_at is null then 'no_consent'",
                new="",
            ),
        ),
    ),
    Mutation(
        safeguard="the provider's window",
        breaks=("reply_windows_are_kept",),
        edits=(Edit(function="app.proactive_refusal", old="then 'window_closed'", new="then null"),),
    ),
    Mutation(
        safeguard="the one message of a follow-up",
        breaks=("proactive_messages_arrive_once",),
        edits=(
            Edit(
                function="api.claim_followups",
                old="where state = 'waiting' and due_at <= app.now()",
                new="where state in ('waiting', 'queued') and due_at <= app.now()",
            ),
            Edit(
                function="app.queue_followup",
                old="if v_followup.state = 'waiting' then",
                new="if v_followup.state in ('waiting', 'queued') then",
            ),
        ),
    ),
    Mutation(
        safeguard="what calls follow-ups off",
        breaks=("called_off_never_leaves",),
        edits=(
            Edit(
                function="app.cancel_followups",
                old="where followup.id = any(p_ids) and followup.state = 'queued'",
                new="where false and followup.id = any(p_ids) and followup.state = 'queued'",
            ),
            Edit(
                function="app.cancel_followups",
                old="where id = any(p_ids) and state = 'waiting'",
                new="where false and id = any(p_ids) and state = 'waiting'",
            ),
        ),
    ),
    Mutation(
        safeguard="the dispatch of what is due",
        breaks=("followups_come_to_an_end",),
        edits=(Edit(function="app.due_followups", old="select count(*)::integer", new="select 0 * count(*)::integer"),),
    ),
)
