"""A frozen database clock, the schema `api` as PostgREST's role calls it, a business, and the promises as SQL."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.types.json import Jsonb

from shared.whatsapp.events import MessageReceived

#: 09:20 in São Paulo.
NOW = datetime(2026, 1, 20, 12, 20, tzinfo=UTC)

ANA = "+5511912345678"
CARLA = "+5511988887777"  # the owner

_numbers = count(1)

#: Each query returns what breaks a promise; all must be empty, whatever happened in whatever order.
PROMISES = {
    "sequence numbers have no gap": """
        select conversation.id from app.conversations as conversation
        where conversation.last_seq <> (select count(*) from app.messages where conversation_id = conversation.id)
            or conversation.last_seq <> (
                select coalesce(max(seq), 0) from app.messages where conversation_id = conversation.id
            )
    """,
    "nothing through the covered number is open": """
        select message.id from app.messages as message
        inner join app.conversations as conversation on conversation.id = message.conversation_id
        where message.direction = 'inbound' and message.answered_by is null and message.decision is null
            and message.seq <= conversation.covered_seq
    """,
    "whatever is open is due": """
        select message.id from app.messages as message
        inner join app.conversations as conversation on conversation.id = message.conversation_id
        where message.direction = 'inbound' and message.answered_by is null and message.decision is null
            and message.seq > conversation.due_seq
    """,
    "what is due and not covered is open": """
        select conversation.id from app.conversations as conversation
        where conversation.covered_seq < conversation.due_seq and not exists (
            select 1 from app.messages as message
            where message.conversation_id = conversation.id and message.seq = conversation.due_seq
                and message.direction = 'inbound' and message.answered_by is null and message.decision is null
        )
    """,
    "covered never passes due, due never passes last": """
        select id from app.conversations where covered_seq > due_seq or due_seq > last_seq
    """,
    "a message is answered by a later reply of its own conversation that says so": """
        select message.id from app.messages as message
        inner join app.messages as reply on reply.id = message.answered_by
        where message.direction <> 'inbound' or reply.conversation_id <> message.conversation_id
            or reply.purpose is distinct from 'reply' or reply.seq <= message.seq or reply.answers_seq < message.seq
    """,
    "every reply answers something, unless it was withdrawn": """
        select reply.id from app.messages as reply
        where reply.purpose = 'reply'
            and (reply.state = 'withdrawn') = exists (select 1 from app.messages where answered_by = reply.id)
    """,
    "replies of a conversation are in the order of what they answer": """
        select later.id from app.messages as earlier
        inner join app.messages as later
            on later.conversation_id = earlier.conversation_id and later.seq > earlier.seq
        where earlier.purpose = 'reply' and later.purpose = 'reply' and later.answers_seq <= earlier.answers_seq
    """,
    "one message of a conversation is under way or in doubt at a time": """
        select conversation_id from app.messages where state in ('sending', 'unknown')
        group by conversation_id having count(*) > 1
    """,
    "nothing leaves before what waits in front of it": """
        select later.id from app.messages as earlier
        inner join app.messages as later
            on later.conversation_id = earlier.conversation_id and later.seq > earlier.seq
        where earlier.state in ('pending', 'sending', 'unknown')
            and earlier.purpose is distinct from 'proactive' -- what waits for its moment is passed by the others
            and later.author = 'assistant' and later.state in ('sending', 'sent', 'delivered', 'read', 'unknown')
    """,
    "what was accepted has the provider's id, and the other way round": """
        select id from app.messages
        where direction = 'outbound'
            and state <> 'failed' and (state in ('sent', 'delivered', 'read')) <> (provider_message_id is not null)
            or state in ('sent', 'delivered', 'read') and accepted_at is null
    """,
    "an owner is told once of a handover": """
        select cause_id from app.messages
        where cause_id is not null and id not in (select message_id from app.question_notices)
        group by cause_id, conversation_id having count(*) > 1
    """,
    "a lease has an end": """
        select id from app.conversations where (lease_token is null) <> (lease_until is null)
    """,
    "tenants never meet": """
        select message.id::text from app.messages as message
        inner join app.conversations as conversation on conversation.id = message.conversation_id
        inner join app.contacts as contact on contact.id = conversation.contact_id
        inner join app.instances as instance on instance.id = conversation.instance_id
        where message.organization_id <> conversation.organization_id
            or contact.organization_id <> conversation.organization_id
            or instance.organization_id <> conversation.organization_id
            or message.instance_id <> conversation.instance_id
    """,
}


class Api:
    """Calls functions of the schema `api` as the service role does; its owner's connection looks at the tables."""

    def __init__(self, dsn: str) -> None:
        self.dsn = dsn
        self._owner = psycopg.connect(dsn, autocommit=True)
        self._service = psycopg.connect(dsn, autocommit=True)
        self._service.execute("set role service_role")

    def call(self, function: str, **arguments: object) -> Any:
        """Call `api.<function>` with each argument `name` as `p_name` and return its JSON result."""
        parameters = sql.SQL(", ").join(
            sql.SQL("{} => {}").format(sql.Identifier(f"p_{name}"), sql.Placeholder()) for name in arguments
        )
        statement = sql.SQL("select api.{}({})").format(sql.Identifier(function), parameters)
        values = [Jsonb(value) if isinstance(value, dict) else value for value in arguments.values()]
        row = self._service.execute(statement, values).fetchone()
        assert row is not None
        return row[0]

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Run any statement as the owner of the tables, with positional parameters or one mapping of named ones."""
        named = values[0] if len(values) == 1 and isinstance(values[0], dict) else None
        cursor = self._owner.execute(query.encode(), named or values or None)
        return cursor.fetchall() if cursor.description else []

    def value(self, query: str, *values: object) -> Any:
        """Return the single value that a query finds."""
        ((found,),) = self.rows(query, *values)
        return found

    def close(self) -> None:
        self._service.close()
        self._owner.close()


@dataclass(frozen=True)
class Business:
    """A tenant with one WhatsApp number and one owner, and people who write to it."""

    api: Api
    organization_id: str
    instance_id: str
    instance: str
    owner: str = CARLA

    def message(self, text: str | None = "Oi", **changes: Any) -> dict[str, Any]:
        """Return what the gateway reports of a message of Ana's, written now; `phone`, `lid` and the rest change it."""
        peer = {"phone": changes.pop("phone", ANA), "lid": changes.pop("lid", None)}
        address = changes.pop("address", None) or (peer["phone"] or peer["lid"] or "")
        fields = {
            "provider_message_id": f"ID{next(_numbers):06}",
            "author": "contact",
            "kind": "text",
            "sent_at": NOW,
            "peer": {**peer, "address": address},
            "text": text,
        }
        return MessageReceived.model_validate({**fields, **changes}).model_dump(mode="json")

    def receive(self, text: str | None = "Oi", **changes: Any) -> dict[str, Any]:
        """Store such a message and return the receipt."""
        return self.store(self.message(text, **changes))

    def store(
        self, message: dict[str, Any], *, freshness_seconds: float = 600.0, opts_out: bool = False
    ) -> dict[str, Any]:
        receipt: dict[str, Any] = self.api.call(
            "receive_message",
            provider="evolution",
            instance=self.instance,
            message=message,
            freshness_seconds=freshness_seconds,
            opts_out=opts_out,
        )
        return receipt

    def change(self, **change: Any) -> bool:
        """Apply a change that the gateway reports; return whether the message is known."""
        known: bool = self.api.call("update_message", provider="evolution", instance=self.instance, change=change)[
            "known"
        ]
        return known

    def claim(self, receipt: dict[str, Any], *, owner: str = "job-1", attempt: int = 1) -> dict[str, Any]:
        """Claim the answer to what `receipt` is of, for 90 seconds."""
        claim: dict[str, Any] = self.api.call(
            "claim_reply",
            organization_id=self.organization_id,
            conversation_id=receipt["conversation_id"],
            seq=receipt["seq"],
            lease={"owner": owner, "attempt": attempt, "seconds": 90},
        )
        return claim

    def complete(
        self, receipt: dict[str, Any], claim: dict[str, Any], *, text: str = "Olá!", reason: str | None = None
    ) -> dict[str, Any]:
        """Write the answer of a claimed turn."""
        completion: dict[str, Any] = self.api.call(
            "complete_reply",
            organization_id=self.organization_id,
            conversation_id=receipt["conversation_id"],
            token=claim["token"],
            covers_seq=claim["covers_seq"],
            answer={
                "text": text,
                "hand_over_reason": reason,
                "notice": f"Notice: {reason}" if reason else None,
                "interactions": [
                    {
                        "model": "scripted",
                        "prompt_tokens": 10,
                        "completion_tokens": 5,
                        "latency_ms": 7,
                        "round": 1,
                        "tools": ["list_services"],
                    }
                ],
            },
        )
        return completion

    def answer(self, receipt: dict[str, Any], *, text: str = "Olá!", reason: str | None = None) -> dict[str, Any]:
        """Claim and complete; return the completion, whose `unsent` lists the reply."""
        return self.complete(receipt, self.claim(receipt), text=text, reason=reason)

    def claim_send(self, message_id: str, *, owner: str = "send-1", attempt: int = 1) -> dict[str, Any]:
        """Claim the sending of a message of the outbox, for 45 seconds."""
        claim: dict[str, Any] = self.api.call(
            "claim_send",
            organization_id=self.organization_id,
            message_id=message_id,
            lease={"owner": owner, "attempt": attempt, "seconds": 45},
        )
        return claim

    def complete_send(self, message_id: str, token: str, **result: Any) -> dict[str, Any]:
        """Record what the gateway said."""
        completion: dict[str, Any] = self.api.call(
            "complete_send", organization_id=self.organization_id, message_id=message_id, token=token, result=result
        )
        return completion

    def settle_send(self, message_id: str, **finding: Any) -> dict[str, Any]:
        """Record what the gateway knows of a message in doubt; it is given up after an hour."""
        settled: dict[str, Any] = self.api.call(
            "settle_send",
            organization_id=self.organization_id,
            message_id=message_id,
            finding=finding,
            give_up_seconds=3600.0,
        )
        return settled

    def send(self, message_id: str) -> str:
        """Claim and send a message; return the provider's id."""
        provider_message_id = f"OUT{next(_numbers):06}"
        claim = self.claim_send(message_id)
        self.complete_send(message_id, claim["token"], state="sent", provider_message_id=provider_message_id)
        return provider_message_id


@dataclass
class DatabaseClock:
    """The time that `app.now()` answers."""

    dsn: str
    freeze: Callable[[str, datetime], None]
    now: datetime = NOW

    def set(self, at: datetime) -> None:
        self.now = at
        self.freeze(self.dsn, at)

    def advance(self, **by: float) -> None:
        self.set(self.now + timedelta(**by))


@pytest.fixture
def clock(database: str, freeze_database_clock: Callable[[str, datetime], None]) -> DatabaseClock:
    """The database's clock, standing at `NOW` until it is advanced."""
    clock = DatabaseClock(database, freeze_database_clock)
    clock.set(NOW)
    return clock


@pytest.fixture
def api(database: str, clock: DatabaseClock) -> Iterator[Api]:
    """The functions of the schema `api` on a fresh database whose clock stands at `NOW`."""
    api = Api(database)
    yield api
    broken = broken_promises(api)
    api.close()
    assert broken == {}


@pytest.fixture
def make_business(api: Api) -> Callable[..., Business]:
    """A function that creates a tenant: `make_business(instance=…, timezone=…)`."""

    def make(instance: str = "loja-a", timezone: str = "America/Sao_Paulo") -> Business:
        created = api.call(
            "create_tenant",
            tenant={
                "name": f"Business of {instance}",
                "provider": "evolution",
                "instance": instance,
                "owner_phone": CARLA,
                "owner_name": "Carla",
                "timezone": timezone,
            },
        )
        return Business(api, created["organization_id"], created["instance_id"], instance)

    return make


@pytest.fixture
def business(make_business: Callable[..., Business]) -> Business:
    """A tenant in São Paulo with the instance `loja-a`."""
    return make_business()


@pytest.fixture
def other_business(make_business: Callable[..., Business]) -> Business:
    """A second tenant, to whom nothing of the first belongs."""
    return make_business(instance="loja-b")


def broken_promises(api: Api) -> dict[str, list[Any]]:
    """Return what breaks the promises that hold at every moment, by promise."""
    found = {promise: api.rows(query) for promise, query in PROMISES.items()}
    return {promise: rows for promise, rows in found.items() if rows}
