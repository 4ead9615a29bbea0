"""Reads the end state from the database and the queue."""

from datetime import datetime
from typing import Any

from infra.local.qstash import Broker
from infra.local.qstash.journal import Transaction
from infra.local.qstash.values import State
from infra.simulation.database import SimulatedDatabase
from infra.simulation.end_state import Claim, Conversation, DeadLetter, QueuedMessage, StoredMessage, read_rows

_MESSAGES = """
select
    message.id::text, message.organization_id::text, instance.name as instance, conversation_id::text, seq, direction,
    author, kind, text, provider_message_id, written_at, revoked_at, edited_at, message.created_at,
    answered_by::text, decision, message.state, purpose, answers_seq, cause_id::text,
    unknown_since, resends
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

_DEAD_LETTERS = "select job, queue_message_id, organization_id::text, error from app.dead_letters order by created_at"

_QUEUE = """
select messages.id, path, state, body, coalesce(response_body, '') as response
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
                job=row["path"].removeprefix("/jobs/"),
                state=State(row["state"]).name.lower(),
                body=row["body"].decode(errors="replace"),
                response=row["response"].decode(errors="replace") if row["response"] else "",
            )
            for row in tx.execute(_QUEUE)
        )

    return await broker.run(read)


async def unfinished(broker: Broker) -> int:
    """Return how many messages of the queue are still to be delivered."""
    count: int = await broker.run(lambda tx: tx.scalar("select count(*) from messages where state < 2"))
    return count


def found_by_look_up(log: list[tuple[str, dict[str, object], Any, str]]) -> frozenset[str]:
    """Return the ids of the messages in doubt that a look-up at the gateway found."""
    return frozenset(
        str(parameters["p_message_id"])
        for function, parameters, _, _ in log
        if function == "complete_reconcile" and parameters["p_provider_message_id"] is not None
    )


def claims(log: list[tuple[str, dict[str, object], Any, str]]) -> tuple[Claim, ...]:
    """Return the turns that were handed out, in order, from the log of the database's calls."""
    found: list[Claim] = []
    announced: set[tuple[str, int]] = set()
    for function, parameters, result, at in log:
        conversation_id = str(parameters.get("p_conversation_id"))
        if function == "complete_reply" and result.get("next_seq") is not None:
            announced.add((conversation_id, result["next_seq"]))
        if function == "claim_reply" and result["outcome"] == "claimed":
            follows_on = (conversation_id, parameters["p_seq"]) in announced
            found.append(
                Claim(
                    conversation_id=conversation_id,
                    at=datetime.fromisoformat(at),
                    covers_seq=result["covers_seq"],
                    follows_on=follows_on,
                )
            )
    return tuple(found)
