"""A visit takes place unless somebody says otherwise."""

import json
from datetime import timedelta
from typing import Any

import pytest

from tests.integration.conftest import ANA, CARLA, Business, DatabaseClock
from tests.integration.database.conftest import Talk, booking_of, contact_of, new_contact

ENDED = {"days": 0, "hour": -2}  # an hour ago


@pytest.fixture
def ana(business: Business) -> str:
    """Ana, whom the business knows."""
    business.receive("Oi", phone=ANA)
    return contact_of(business, ANA)


def completed(business: Business, limit: int = 100) -> int:
    many: int = business.api.value("select app.complete_visits(%s)", limit)
    return many


def status_of(business: Business, booking_id: str) -> str:
    status: str = business.api.value("select status from app.bookings where id = %s", booking_id)
    return status


def planned(business: Business) -> list[tuple[str, str, str | None]]:
    rows = business.api.rows(
        "select kind, state, reason from app.followups where kind <> 'appointment_reminder' order by kind"
    )
    return [(kind, state, reason) for kind, state, reason in rows]


def decide(business: Business, kind: str, booking_id: str) -> dict[str, Any]:
    """Do what the owner agreed to."""
    turn = business.receive("Oi", phone=CARLA)
    result: dict[str, Any] = business.api.value(
        f"""
        with proposal as (
            insert into app.proposals (
                organization_id, conversation_id, idempotency_key, kind, action, preview, turn_seq, state, decided_at,
                expires_at
            )
            values (%s, %s, %s, %s, %s::jsonb, 'shown', 1, 'done', app.now(), app.now())
            returning *
        )
        select app.execute_{kind}(proposal::app.proposals) from proposal
        """,
        business.organization_id,
        turn["conversation_id"],
        f"1.{kind}",
        kind,
        json.dumps({"booking_id": booking_id}),
    )
    return result


ENDS = [
    ({"days": 0, "hour": -1}, "confirmed", "completed"),  # ends now
    ({"days": 0, "hour": -1}, "pending", "completed"),
    ({"days": 0, "hour": -1}, "in_progress", "completed"),
    ({"days": 0, "hour": 0}, "confirmed", "confirmed"),  # goes on
    ({"days": -300}, "confirmed", "completed"),
    ({"days": -1}, "cancelled", "cancelled"),
    ({"days": -1}, "no_show", "no_show"),
]


@pytest.mark.parametrize(("when", "before", "after"), ENDS)
def test_a_visit_is_completed_at_its_end(
    business: Business, ana: str, when: dict[str, int], before: str, after: str
) -> None:
    """By nobody in particular, once, and not what somebody called off."""
    booking = booking_of(business, ana, status=before, **when)
    assert [completed(business), completed(business)] == [int(before != after), 0]
    assert status_of(business, booking) == after
    events = business.api.rows("select event, actor from app.booking_events where booking_id = %s", booking)
    assert events == ([("completed", "system")] if before != after else [])


def test_what_an_organization_tells_is_completed_before(business: Business, other_business: Business, ana: str) -> None:
    """All of its own, none of another's."""
    own = [booking_of(business, ana, **ENDED), booking_of(business, ana, days=-40)]
    others = booking_of(other_business, new_contact(other_business, "Bia"), **ENDED)
    business.api.rows("select app.complete_visits_of(%s)", business.organization_id)
    assert [status_of(business, each) for each in (*own, others)] == ["completed", "completed", "confirmed"]
