"""Reads the end state from the database and the queue."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date

from infra.local.qstash import Broker
from infra.local.qstash.journal import Transaction
from infra.local.qstash.values import State
from infra.simulation.clocks import START
from infra.simulation.database import LoggedCall, SimulatedDatabase
from infra.simulation.end_state import (
    Claim,
    Conversation,
    DeadLetter,
    Followup,
    QueuedMessage,
    RoutineDay,
    Send,
    StoredMessage,
    read_rows,
)

_MESSAGES = """
select
    message.id::text, message.organization_id::text, instance.name as instance, conversation_id::text, seq, direction,
    author, kind, text, provider_message_id, written_at, revoked_at, edited_at, message.created_at,
    answered_by::text, decision, message.state, purpose, answers_seq, cause_id::text,
    exists (select 1 from app.question_notices where message_id = message.id) as asks_owner, unknown_since, resends,
    not_before, message.last_error
from app.messages as message
inner join app.instances as instance on instance.id = message.instance_id
order by instance.name, conversation_id, seq
"""

_CONVERSATIONS = """
select
    conversation.id::text, conversation.organization_id::text, instance.name as instance,
    instance.organization_id::text as instance_organization_id,
    contact.organization_id::text as contact_organization_id,
    (
        select ltrim(value, '+') from app.contact_identities
        where contact_id = contact.id and kind = 'phone' order by created_at limit 1
    ) as phone,
    audience, last_seq, due_seq, covered_seq, handed_over_at
from app.conversations as conversation
inner join app.instances as instance on instance.id = conversation.instance_id
inner join app.contacts as contact on contact.id = conversation.contact_id
order by instance.name, conversation.id
"""

_DEAD_LETTERS = """
select job, queue_message_id, organization_id::text, error, payload ->> 'message_id' as message_id
from app.dead_letters order by created_at
"""

_FOLLOWUPS = """
select id::text, kind, state, reason, due_at, expires_at, message_id::text from app.followups order by due_at, id
"""

_QUEUE = """
select messages.id, path, state, due_at, body, coalesce(response_body, '') as response
from messages left join dead_letters on message_seq = messages.seq order by messages.seq
"""


def stored_messages(database: SimulatedDatabase) -> tuple[StoredMessage, ...]:
    """Return all messages, by conversation and in order."""
    return read_rows(StoredMessage, database.rows(_MESSAGES))


def conversations(database: SimulatedDatabase) -> tuple[Conversation, ...]:
    """Return all conversations."""
    return read_rows(Conversation, database.rows(_CONVERSATIONS))


def dead_letters(database: SimulatedDatabase) -> tuple[DeadLetter, ...]:
    """Return the dead letters, oldest first."""
    return read_rows(DeadLetter, database.rows(_DEAD_LETTERS))


async def queued_messages(broker: Broker) -> tuple[QueuedMessage, ...]:
    """Return every message that the queue ever took, oldest first."""

    def read(tx: Transaction) -> tuple[QueuedMessage, ...]:
        return tuple(
            QueuedMessage(
                id=row["id"],
                job=row["path"].removeprefix("/jobs/").removeprefix("/schedules/"),
                state=State(row["state"]).name.lower(),
                body=row["body"].decode(errors="replace"),
                response=row["response"].decode(errors="replace") if row["response"] else "",
                due_at=row["due_at"] / 1000 - START.timestamp(),
            )
            for row in tx.execute(_QUEUE)
        )

    return await broker.run(read)


async def unfinished(broker: Broker, *, before: float) -> int:
    """Return how many messages of the queue are to be delivered `before` a virtual second."""
    due_at = round((START.timestamp() + before) * 1000)
    count: int = await broker.run(
        lambda tx: tx.scalar("select count(*) from messages where state < 2 and due_at < ?", (due_at,))
    )
    return count


def followups(database: SimulatedDatabase) -> tuple[Followup, ...]:
    """Return all follow-ups, by the moment at which they are due."""
    return read_rows(Followup, database.rows(_FOLLOWUPS))


def found_by_look_up(log: Sequence[LoggedCall]) -> frozenset[str]:
    """Return the ids of the messages in doubt that a look-up at the gateway found."""
    return frozenset(
        str(call.parameters["p_message_id"])
        for call in log
        if call.function == "settle_send" and "provider_message_id" in call.parameters["p_finding"]
    )


def sends(log: Sequence[LoggedCall]) -> tuple[Send, ...]:
    """Return the messages that were handed out to be sent, in order."""
    return tuple(
        Send(message_id=str(call.parameters["p_message_id"]), at=call.at)
        for call in log
        if call.function == "claim_send" and call.result["outcome"] == "claimed"
    )


def stored_at(log: Sequence[LoggedCall]) -> dict[str, float]:
    """Return when each message was stored, in virtual seconds, by its id."""
    return {
        call.result["message_id"]: call.at
        for call in log
        if call.function == "receive_message" and call.result["created"]
    }


def routine_days(
    database: SimulatedDatabase, log: Sequence[LoggedCall], due: Iterable[tuple[str, str, date]]
) -> tuple[RoutineDay, ...]:
    """Return what became of the routines that fell `due` (organization, kind, local date) and of others that ran."""
    states = {
        (row["organization_id"], row["kind"], row["local_date"]): row["state"]
        for row in database.rows("select organization_id::text, kind, local_date, state from app.proactive_runs")
    }
    completed = Counter(
        (
            str(call.parameters["p_organization_id"]),
            str(call.parameters["p_kind"]),
            date.fromisoformat(str(call.parameters["p_local_date"])),
        )
        for call in log
        if call.function == "complete_routine"
    )
    return tuple(
        RoutineDay(
            organization_id=organization_id,
            kind=kind,
            local_date=local_date,
            state=states.get((organization_id, kind, local_date)),
            completions=completed[organization_id, kind, local_date],
        )
        for organization_id, kind, local_date in sorted({*due, *states, *completed})
    )


def claims(log: Sequence[LoggedCall]) -> tuple[Claim, ...]:
    """Return the turns that were handed out, in order."""
    found: list[Claim] = []
    announced: set[tuple[str, object]] = set()
    for call in log:
        conversation_id = str(call.parameters.get("p_conversation_id"))
        if call.function == "complete_reply" and call.result.get("next_seq") is not None:
            announced.add((conversation_id, call.result["next_seq"]))
        if call.function == "claim_reply" and call.result["outcome"] == "claimed":
            found.append(
                Claim(
                    conversation_id=conversation_id,
                    at=call.at,
                    database_time=call.database_time,
                    covers_seq=call.result["covers_seq"],
                    follows_on=(conversation_id, call.parameters["p_seq"]) in announced,
                )
            )
    return tuple(found)
