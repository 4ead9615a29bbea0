"""The ten promises as invariants over an end state. Each returns what breaks it, in words; all must return nothing."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta

from infra.simulation.bursts import bursts_are_capped, bursts_are_joined
from infra.simulation.clocks import moment
from infra.simulation.end_state import EndState, StoredMessage
from infra.simulation.proactive import (
    advertising_is_wanted,
    called_off_never_leaves,
    caps_are_kept,
    followups_come_to_an_end,
    proactive_messages_arrive_once,
    quiet_hours_are_kept,
    reply_windows_are_kept,
    stops_are_heeded,
)
from infra.simulation.takeovers import late_answers_are_a_persons, takeovers_are_respected

Promise = Callable[[EndState], Iterator[str]]

_LEFT = frozenset({"sent", "delivered", "read"})
#: In seconds: after it two attempts are left to each job on the way, at 170 s and at 682 s.
_SHORT_OUTAGE = 120.0
_NOT_LEFT = frozenset({"failed", "withdrawn", "pending"})


def accepted_is_durable(end: EndState) -> Iterator[str]:
    """Accepted is durable. A webhook answered 2xx is in QStash or in Postgres; otherwise it answered 503 and the
    gateway retries."""
    dead = _dead_bodies(end, "message.receive")
    for action in end.written():
        kept = end.rows_of(action.message_id) or any(action.message_id in body for body in dead)
        if action.message_id in end.acknowledged and not kept:
            yield f"{action.mark} was accepted and is nowhere"


def stored_once(end: EndState) -> Iterator[str]:
    """Stored once. One row per (instance, provider message id, direction), whatever is redelivered, by whichever twin
    address."""
    counts = Counter(
        (message.instance, message.provider_message_id, message.direction)
        for message in end.messages
        if message.provider_message_id is not None
    )
    yield from (f"{key} is stored {count} times" for key, count in counts.items() if count > 1)
    people: dict[tuple[str, str | None], set[str]] = defaultdict(set)
    for conversation in end.conversations:
        people[conversation.instance, conversation.phone].add(conversation.id)
    yield from (f"{key} has {len(ids)} conversations" for key, ids in people.items() if len(ids) > 1)


def answered_once(end: EndState) -> Iterator[str]:
    """Answered once. Every inbound message is covered by exactly one reply or by one recorded decision (handed over,
    opted out, stale, ignored, assistant off)."""
    arrived = _arrivals_by_text(end)
    lost_jobs = _dead_bodies(end, "conversation.reply")
    for message in end.inbound:
        excused = not end.parts.sweep and any(message.conversation_id in body for body in lost_jobs)
        if message.answered_by is None and message.decision is None and not excused:
            yield f"{message.described} has neither reply nor decision"
        if message.answered_by is not None and message.decision is not None:
            yield f"{message.described} has a reply and a decision"
    for key, rows in _outbox_by_text(end).items():
        may_have_left = sum(row.state not in _NOT_LEFT for row in rows)
        if arrived[key] > max(1, may_have_left):
            yield f"{rows[0].described} arrived {arrived[key]} times"


def outages_cost_no_answer(end: EndState) -> Iterator[str]:
    """An outage of a few minutes costs nobody the answer: what was accepted is stored in the end, and a reply that
    never left still leaves. What outlasts every retry is a dead letter instead."""
    if end.longest_outage > _SHORT_OUTAGE:
        return
    for action in end.written():
        if action.message_id in end.acknowledged and not end.rows_of(action.message_id):
            yield f"{action.mark} was accepted and gave up before it was stored"
    for reply in end.outbound:
        if reply.purpose == "reply" and reply.state == "failed" and reply.resends == 0:
            yield f"{reply.described} gave up before it left"


def answers_tell_what_was_asked(end: EndState) -> Iterator[str]:
    """A burst gets one joined answer: a reply speaks of every message that it covers, as it was when it was written."""
    by_id = end.by_id
    for message in end.inbound:
        reply = by_id.get(message.answered_by or "")
        token = _token(message)
        if reply is None or token is None or reply.text is None or "Resposta" not in reply.text:
            continue
        if token not in reply.text:
            yield f"{message.described} is covered by {reply.described}, which does not speak of it"


def every_reply_answers(end: EndState) -> Iterator[str]:
    """Every reply that left answers something, and is the only one that answers it."""
    answered = {message.answered_by for message in end.inbound}
    for reply in end.outbound:
        if reply.purpose == "reply" and reply.state in _LEFT and reply.id not in answered:
            yield f"{reply.described} left and answers nothing"


def in_order(end: EndState) -> Iterator[str]:
    """In order. Replies of one conversation leave in the order of what they answer."""
    covered = {
        (message.instance, message.text): message
        for message in end.outbound
        if message.purpose == "reply" and not message.is_apology
    }
    newest: dict[str, StoredMessage] = {}
    for arrival in end.arrivals:
        reply = covered.get((arrival.instance, arrival.text))
        if reply is None or reply.answers_seq is None:
            continue
        before = newest.get(reply.conversation_id)
        if before is not None and (before.answers_seq or 0) > reply.answers_seq:
            yield f"{reply.described} left after {before.described}, which answers what was asked later"
        newest[reply.conversation_id] = reply


def honest_status(end: EndState) -> Iterator[str]:
    """Honest status. `sent` only after the provider accepted. A send whose outcome is unknown is `unknown` until
    reconciled; a proactive message is never resent blindly."""
    accepted = {(arrival.instance, arrival.message_id) for arrival in end.arrivals}
    arrived = _arrivals_by_text(end)
    for key, rows in _outbox_by_text(end).items():
        if all(row.state in _NOT_LEFT for row in rows) and arrived[key]:
            yield f"{rows[0].described} is {rows[0].state} and somebody got it"
    for message in end.outbound:
        if message.state in _LEFT and (message.instance, message.provider_message_id) not in accepted:
            yield f"{message.described} is {message.state} and nobody got it"
        if message.state == "unknown":
            yield f"{message.described} is still unknown"
        if message.state == "sending" or (
            message.state == "pending" and end.parts.sweep and not message.is_put_off(moment(end.ended_at))
        ):
            yield f"{message.described} is still {message.state}"


def once_per_local_day(end: EndState) -> Iterator[str]:
    """Once per local day. A proactive routine runs once per (organization, kind, local date), in the organization's own
    time zone, across DST and repeats."""
    lost_jobs = [body for job in ("routine.run", "routine.fan_out") for body in _dead_bodies(end, job)]
    for day in end.routine_days:
        named = f"{day.kind} of {day.organization_id} on {day.local_date}"
        if day.completions > 1:
            yield f"{named} was done {day.completions} times"
        if (day.state == "done") != (day.completions > 0):
            yield f"{named} is {day.state} and was done {day.completions} times"
        if day.state in {None, "running"} and not lost_jobs:
            yield f"{named} never came to an end"


def nobody_is_pestered(end: EndState) -> Iterator[str]:
    """Nobody is pestered. Opted-out contacts, quiet hours, frequency caps and the provider's 24-hour window are checked
    when a message is about to leave."""
    by_id = end.by_id
    rows = {(message.instance, message.text): message for message in end.outbound}
    phones = {conversation.id: conversation for conversation in end.conversations}
    for arrival in end.arrivals:
        message = rows.get((arrival.instance, arrival.text))
        if message is None:
            yield f"{arrival.text!r} arrived and is in no outbox"
        elif phones[message.conversation_id].audience == "client" and message.purpose == "notice":
            yield f"{message.described} is a notice to a client"
    told = Counter(
        (message.cause_id, message.conversation_id)
        for message in end.outbound
        if message.cause_id and not message.asks_owner
    )
    yield from (f"an owner is told {count} times of {cause}" for (cause, _), count in told.items() if count > 1)
    for message in end.inbound:
        reply = by_id.get(message.answered_by or "")
        stale = message.created_at - message.written_at > timedelta(seconds=end.freshness_seconds)
        if reply is not None and stale and not reply.is_apology:
            yield f"{message.described} was stale on arrival and is answered by {reply.described}"


def tenants_never_meet(end: EndState) -> Iterator[str]:
    """Tenants never meet. The organization comes from the WhatsApp instance, never from a caller; every statement
    filters by it."""
    conversations = {conversation.id: conversation for conversation in end.conversations}
    written = {action.message_id: action for action in end.written()}
    for conversation in end.conversations:
        organizations = {
            conversation.organization_id,
            conversation.instance_organization_id,
            conversation.contact_organization_id,
        }
        if len(organizations) > 1:
            yield f"the conversation {conversation.id} belongs to {len(organizations)} organizations"
    for message in end.messages:
        conversation = conversations[message.conversation_id]
        if message.organization_id != conversation.organization_id or message.instance != conversation.instance:
            yield f"{message.described} is in another organization's conversation"
        action = written.get(message.provider_message_id or "")
        if (
            action is not None
            and action.person is not None
            and (action.instance != message.instance or action.person.phone != conversation.phone)
        ):
            yield f"{message.described} is in somebody else's conversation"
    yield from _told_to_strangers(end)


def _told_to_strangers(end: EndState) -> Iterator[str]:
    """What somebody wrote is quoted to that person alone, and to the owners of the business it was written to."""
    homes = {action.mark: action for action in end.written()}
    businesses = {each.instance: each.organization_id for each in end.conversations}
    owners = {(each.instance, each.phone) for each in end.conversations if each.audience == "owner"}
    for arrival in end.arrivals:
        told_owner = (arrival.instance, arrival.phone) in owners
        for token in _tokens(arrival.text):
            home = homes[token]
            at_home = home.person is not None and (home.instance, home.person.phone) == (
                arrival.instance,
                arrival.phone,
            )
            same_business = businesses.get(home.instance) == businesses.get(arrival.instance)
            if not at_home and not (told_owner and same_business):
                yield f"{token} was quoted to {arrival.phone} at {arrival.instance}"


def only_the_signed_run(end: EndState) -> Iterator[str]:
    """Only the signed run. Unsigned, tampered, expired or misdirected deliveries are refused before any work."""
    yield from (f"{each.what} was answered {each.status}" for each in end.intrusions if each.status != 401)
    yield from (
        f"{message.described} is forged" for message in end.messages if "FORGED" in (message.provider_message_id or "")
    )


def nothing_fails_silently(end: EndState) -> Iterator[str]:
    """Nothing fails silently. What gives up is in the dead letters with its cause, visible, alertable and safe to
    replay."""
    recorded = {letter.queue_message_id for letter in end.dead_letters}
    # One that was withdrawn meanwhile has its delivery ahead as well.
    put_off = [row.id for row in end.proactive if row.not_before and row.not_before > moment(end.ended_at)]
    for message in end.queue:
        if message.state == "failed" and not message.job.startswith("/callbacks") and message.id not in recorded:
            yield f"{message.job} {message.id} gave up and is in no dead letter"
        awaited = message.job == "message.send" and any(each in message.body for each in put_off)
        if message.state in {"waiting", "active"} and end.settled and not awaited:
            yield f"{message.job} {message.id} is {message.state} for ever"
    told = {letter.message_id for letter in end.dead_letters}
    for row in end.outbound:
        if row.state == "failed" and row.id not in told:
            yield f"{row.described} failed and is in no dead letter"
    yield from (f"an unexpected error: {crash}" for crash in end.crashes)
    if not end.settled:
        yield "the world never came to rest"


#: Every promise by its number in the architecture, with the invariants that check it.
PROMISES: Mapping[int, tuple[Promise, ...]] = {
    1: (accepted_is_durable,),
    2: (stored_once,),
    3: (
        answered_once,
        outages_cost_no_answer,
        answers_tell_what_was_asked,
        bursts_are_joined,
        bursts_are_capped,
        every_reply_answers,
    ),
    4: (in_order,),
    5: (honest_status,),
    6: (once_per_local_day,),
    7: (
        nobody_is_pestered,
        takeovers_are_respected,
        late_answers_are_a_persons,
        stops_are_heeded,
        quiet_hours_are_kept,
        caps_are_kept,
        proactive_messages_arrive_once,
        advertising_is_wanted,
        reply_windows_are_kept,
        called_off_never_leaves,
        followups_come_to_an_end,
    ),
    8: (tenants_never_meet,),
    9: (only_the_signed_run,),
    10: (nothing_fails_silently,),
}


def broken_promises(end: EndState) -> list[str]:
    """Return what breaks a promise, each with the promise's number and the invariant's name."""
    return [
        f"{number} {promise.__name__}: {what}"
        for number, promises in PROMISES.items()
        for promise in promises
        for what in promise(end)
    ]


def _dead_bodies(end: EndState, job: str) -> list[str]:
    return [message.body for message in end.queue if message.job == job and message.state == "failed"]


def _arrivals_by_text(end: EndState) -> Counter[tuple[str, str | None, str | None]]:
    return Counter((arrival.instance, arrival.phone, arrival.text) for arrival in end.arrivals)


def _outbox_by_text(end: EndState) -> dict[tuple[str, str | None, str | None], list[StoredMessage]]:
    """Group what the assistant wrote as `_arrivals_by_text` does: the same words may be written twice to somebody."""
    phones = {conversation.id: conversation.phone for conversation in end.conversations}
    found: dict[tuple[str, str | None, str | None], list[StoredMessage]] = defaultdict(list)
    for message in end.outbound:
        found[message.instance, phones[message.conversation_id], message.text].append(message)
    return found


def _tokens(text: str) -> list[str]:
    return [word for word in text.split() if word.startswith("[m") and word.endswith("]")]


def _token(message: StoredMessage) -> str | None:
    if message.revoked_at is not None or message.kind != "text":
        return None
    return next(iter(_tokens(message.text or "")), None)
