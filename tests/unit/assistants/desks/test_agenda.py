"""The agenda by local days, and the free slots with the clients who fit them."""

import json
from typing import Any

import pytest

from shared.assistants.desks.agenda import agenda_tools
from shared.assistants.desks.desk import Desk
from shared.models import Audience
from tests.unit.assistants.conftest import GivenRows, turn_of

BATH, CUT = "00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002"
WEEKDAY = [["09:00", "12:00"], ["13:00", "16:00"]]
HOURS = dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), WEEKDAY) | {"sat": []}
CALENDAR: dict[str, Any] = {
    "timezone": "America/Sao_Paulo",
    "hours": HOURS,
    "rules": {"slot_minutes": 60, "notice_minutes": 600, "horizon_days": 5, "cancel_notice_minutes": 240},
    "resources": [{"name": "main", "hours": None}],
    "bookings": [
        {"resource": "main", "starts_at": "2026-11-25T13:00-03:00", "ends_at": "2026-11-25T16:00-03:00"},
    ],
    "blocks": [],
    "services": [
        {"id": BATH, "name": "Banho", "price_cents": 6000, "duration_minutes": 60},
        {"id": CUT, "name": "Tosa", "price_cents": None, "duration_minutes": 120},
        {"id": "00000000-0000-4000-8000-000000000003", "name": "Consulta", "price_cents": 1, "duration_minutes": None},
    ],
}


def person(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "contact_id": f"00000000-0000-4000-8000-00000000001{number}",
        "name": f"Client {number}",
        "phone": f"+551190000000{number}",
        "service_id": BATH,
        "service": "Banho",
        **changes,
    }


def waits(number: int, **changes: Any) -> dict[str, Any]:
    wishes = {"earliest": None, "latest": None, "part_of_day": "any", "since": "2026-11-21T01:00:00+00:00"}
    return person(number, **{**wishes, "opted_out": False, "has_booking": False, **changes})


def is_due(number: int, due_on: str, **changes: Any) -> dict[str, Any]:
    rhythm = {"visits": 3, "every_days": 30, "last_visit": "2026-10-25", "due_on": due_on, "allows_marketing": True}
    return person(number, **{**rhythm, **changes})


async def use(rows: GivenRows, tool: str, **arguments: Any) -> dict[str, Any]:
    """Call a tool of this desk at noon of Tuesday, 24 November."""
    desk = Desk(turn=turn_of(audience=Audience.OWNER), database=rows)
    tools = {each.name: each for each in agenda_tools(desk)}
    return dict((await tools[tool].call(json.dumps(arguments))).data)


@pytest.fixture
def rows(rows: GivenRows) -> GivenRows:
    rows.rows |= {"calendar": CALENDAR, "waiting_list": [], "due_clients": []}
    return rows


async def test_each_local_day_has_its_appointments_and_blocks(rows: GivenRows) -> None:
    """Times on the business's wall, names as clean lines, days without anything too."""
    booking = {
        "contact": "Ana\nSouza",
        "phone": "+5511912345678",
        "service": "Banho",
        "resource": "main",
        "starts_at": "2026-11-25T02:30:00+00:00",
        "ends_at": "2026-11-25T03:30:00+00:00",
        "status": "confirmed",
        "price_cents": 6000,
        "dependent": "Rex",
        "confirmed_at": None,
        "paid_at": None,
    }
    block = {"resource": None, "starts_at": "2026-11-24T22:00-03:00", "ends_at": "2026-11-26T00:00-03:00"}
    rows.rows["agenda"] = {"from": "2026-11-24", "appointments": [booking], "blocks": [{**block, "reason": "Folga"}]}
    told = await use(rows, "agenda", days=3)
    assert told["days"][0]["appointments"] == [
        {
            "time": "23:30",
            "until": "00:30",
            "service": "Banho",
            "client": "Ana Souza",
            "phone": "+5511912345678",
            "for": "Rex",
            "with": None,
            "status": "confirmed",
            "client_confirmed": False,
            "price": "R$ 60,00",
            "paid": False,
        }
    ]
    blocked = [[(each["from"], each["until"]) for each in day["blocked"]] for day in told["days"]]
    assert blocked == [
        [("22:00", "24:00")],
        [("00:00", "24:00")],
        [],
    ]


async def test_without_a_date_the_next_days_are_shown(rows: GivenRows) -> None:
    """Neither notice nor horizon of the customers binds the owner; what is past is not free."""
    told = await use(rows, "open_slots")
    assert [(day["date"], day["times"]) for day in told["days"]] == [
        ("2026-11-24", ["13:00", "14:00", "15:00"]),
        ("2026-11-25", ["09:00", "10:00", "11:00"]),
        ("2026-11-26", ["09:00", "10:00", "11:00", "13:00", "14:00", "15:00"]),
    ]


async def test_who_waits_comes_before_who_is_due(rows: GivenRows) -> None:
    """Only those whose wishes and service fit a free slot of the day; each with times of that service."""
    rows.rows["waiting_list"] = [
        waits(1, part_of_day="afternoon"),
        waits(2, service_id=CUT, service="Tosa", part_of_day="morning"),
        waits(3, earliest="2026-11-26"),
        waits(4, opted_out=True),
        waits(5, has_booking=True),
    ]
    rows.rows["due_clients"] = [is_due(6, "2026-11-24"), is_due(2, "2026-11-20"), is_due(7, "2026-11-26")]
    (day,) = (await use(rows, "open_slots", date="2026-11-25"))["days"]
    assert [(each["name"], each["why"], each["times"]) for each in day["clients"]] == [
        ("Client 2", "waiting_list", ["09:00", "10:00"]),
        ("Client 6", "due", ["09:00", "10:00", "11:00"]),
    ]
    assert (day["clients"][0]["since"], day["clients"][1]["every_days"]) == ("2026-11-20", 30)


async def test_a_day_without_slots_says_why(rows: GivenRows) -> None:
    """Closed, unknown service, past: nobody is offered a time that is not there."""
    rows.rows["waiting_list"] = [waits(1)]
    (saturday,) = (await use(rows, "open_slots", date="2026-11-28"))["days"]
    assert (saturday["times"], saturday["reason"], saturday["clients"]) == ([], "closed", [])
    unknown = await use(rows, "open_slots", service="Pintura")
    assert unknown == {"error": "unknown_service", "choices": ["Banho", "Tosa"]}
    assert await use(rows, "open_slots", date="2026-11-23") == {"error": "past"}
    rows.rows["calendar"] = {**CALENDAR, "services": []}
    assert await use(rows, "open_slots") == {"error": "no_bookable_service"}


async def test_a_service_has_slots_of_its_own_length(rows: GivenRows) -> None:
    """Two hours do not fit where one does."""
    (day,) = (await use(rows, "open_slots", date="2026-11-25", service="tosa"))["days"]
    assert day["times"] == ["09:00", "10:00"]
