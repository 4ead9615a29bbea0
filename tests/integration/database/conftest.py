"""A conversation in which an assistant proposes, and the people and bookings that proposals are about."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.integration.conftest import ANA, CARLA, NOW, Business

BRUNO = "+5511955554444"
PREVIEW = "Corte, terça-feira, às 15:00"


@dataclass(frozen=True)
class Talk:
    """One person's conversation with an assistant that proposes."""

    business: Business
    phone: str

    def says(self, text: str) -> dict[str, Any]:
        """Store a message and claim the turn that answers it."""
        receipt = self.business.receive(text, phone=self.phone)
        return {**receipt, **self.business.claim(receipt)}

    def proposes(self, turn: dict[str, Any], kind: str, action: dict[str, Any], **changes: Any) -> dict[str, Any]:
        proposal = {
            "idempotency_key": f"{turn['covers_seq']}.tool",
            "kind": kind,
            "action": action,
            "preview": PREVIEW,
            "turn_seq": turn["covers_seq"],
            "needs_code": False,
            "valid_seconds": 1800,
        }
        proposed: dict[str, Any] = self.business.api.call(
            "propose",
            organization_id=self.business.organization_id,
            conversation_id=turn["conversation_id"],
            proposal={**proposal, **changes},
        )
        return proposed

    def answers(self, turn: dict[str, Any], text: str = f"Posso marcar?\n{PREVIEW}") -> str:
        """Write the turn's answer; return the message that waits to be sent."""
        message_id: str = self.business.complete(turn, turn, text=text)["unsent"][0]["message_id"]
        return message_id

    def was_asked(self, kind: str, action: dict[str, Any], **changes: Any) -> dict[str, Any]:
        """Propose in a turn of its own whose answer left; return the proposal."""
        turn = self.says("Quero marcar")
        proposed = self.proposes(turn, kind, action, **changes)
        self.business.send(self.answers(turn))
        return proposed

    def decides(self, turn: dict[str, Any], choice: str = "accept", code: str | None = None) -> dict[str, Any]:
        decided: dict[str, Any] = self.business.api.call(
            "decide_proposal",
            organization_id=self.business.organization_id,
            conversation_id=turn["conversation_id"],
            decision={"choice": choice, "code": code, "seq": turn["covers_seq"]},
        )
        return decided


@pytest.fixture
def ana(business: Business) -> Talk:
    return Talk(business, ANA)


@pytest.fixture
def carla(business: Business) -> Talk:
    """The owner, an administrator."""
    return Talk(business, CARLA)


def service_of(business: Business, name: str = "Corte") -> str:
    return str(
        business.api.value(
            "insert into app.services (organization_id, name, price_cents, duration_minutes) values (%s, %s, 5000, 60)"
            " on conflict (organization_id, name) do update set name = excluded.name returning id",
            business.organization_id,
            name,
        )
    )


def contact_of(business: Business, phone: str) -> str:
    return str(
        business.api.value(
            "select contact_id from app.contact_identities where organization_id = %s and value = %s",
            business.organization_id,
            phone,
        )
    )


def new_contact(business: Business, name: str | None, phone: str | None = None, **fields: Any) -> str:
    """A contact whom the business knows, without a conversation; `fields` are columns of the table."""
    contact_id = str(
        business.api.value(
            "insert into app.contacts (organization_id, name, birth_date, last_inbound_at, created_at, opted_out_at,"
            " marketing_consent_at, erased_at) select %s, %s, birth_date, last_inbound_at, coalesce(created_at, %s),"
            " opted_out_at, marketing_consent_at, erased_at from jsonb_populate_record(null::app.contacts, %s)"
            " returning id",
            business.organization_id,
            name,
            NOW,
            Jsonb({key: str(value) for key, value in fields.items() if value is not None}),
        )
    )
    if phone is not None:
        business.api.rows(
            "insert into app.contact_identities (organization_id, kind, value, contact_id)"
            " values (%s, 'phone', %s, %s)",
            business.organization_id,
            phone,
            contact_id,
        )
    return contact_id


def booking_of(business: Business, contact_id: str, *, days: int = 3, status: str = "confirmed", hour: int = 0) -> str:
    starts_at = NOW + timedelta(days=days, hours=hour)
    return str(
        business.api.value(
            "insert into app.bookings (organization_id, contact_id, service_id, period, status, price_cents)"
            " values (%s, %s, %s, tstzrange(%s, %s), %s, 5000) returning id",
            business.organization_id,
            contact_id,
            service_of(business),
            starts_at,
            starts_at + timedelta(hours=1),
            status,
        )
    )


def a_booking(business: Business, **changes: Any) -> dict[str, Any]:
    starts_at = NOW + timedelta(days=2)
    return {
        "service_id": service_of(business),
        "starts_at": starts_at.isoformat(),
        "ends_at": (starts_at + timedelta(hours=1)).isoformat(),
        "price_cents": 5000,
        **changes,
    }


def message_to(*contact_ids: str, text: str = "Oi {name}, tudo bem?", marketing: bool = False) -> dict[str, Any]:
    return {"contact_ids": list(contact_ids), "text": text, "marketing": marketing}


def agreed_message(business: Business, contact_id: str, **action: Any) -> str:
    """Let the owner agree to a message to one person; return its id, empty when the person is left out.

    `action` is that of the proposal, see `app.execute_message`.
    """
    done = business.api.value(
        """
        with asked as (
            insert into app.proposals (
                organization_id, conversation_id, idempotency_key, kind, action, preview, turn_seq, expires_at, state,
                decided_at
            )
            select
                owner.organization_id, (app.owner_conversation(instance, owner)).id, gen_random_uuid()::text, 'message',
                %(action)s, 'Enviar?', 1, app.now() + interval '12 hours', 'done', app.now()
            from app.owner_numbers as owner
            inner join app.instances as instance on instance.id = %(instance_id)s
            where owner.organization_id = %(organization_id)s
            returning *
        )
        select app.execute_message(asked) from asked
        """,
        {
            "action": Jsonb({"contact_ids": [contact_id], "text": "Oi", "marketing": False, **action}),
            "instance_id": business.instance_id,
            "organization_id": business.organization_id,
        },
    )
    message_id: str = business.api.value(
        "select coalesce(message_id::text, '') from app.outreach_recipients where outreach_id = %s", done["outreach_id"]
    )
    return message_id


@contextmanager
def explaining(dsn: str) -> Iterator[tuple[psycopg.Connection[Any], list[str]]]:
    """A connection that collects the plans of what functions really run."""
    plans: list[str] = []
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.add_notice_handler(lambda notice: plans.append(notice.message_primary or ""))
        connection.execute("load 'auto_explain'")
        connection.execute("set auto_explain.log_min_duration = 0")
        connection.execute("set auto_explain.log_nested_statements = on")
        connection.execute("set client_min_messages = log")
        yield connection, plans
