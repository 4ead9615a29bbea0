"""Finding clients and telling of them: one resolver, local dates, null where nothing is known."""

import json
from typing import Any
from uuid import UUID

import pytest

from shared.assistants.desks.clients import client_tools
from shared.assistants.desks.contacts import resolve_contact
from shared.assistants.desks.desk import Desk
from shared.assistants.tools import ToolRefusedError, ToolResult
from shared.models import Audience
from tests.unit.assistants.conftest import ORGANIZATION_ID, GivenRows, turn_of


def found(number: int, name: str | None, fit: int, **changes: Any) -> dict[str, Any]:
    return {
        "id": str(UUID(int=number)),
        "name": name,
        "phone": f"+551190000000{number}",
        "last_inbound_at": None,
        "bookings": 0,
        "next_booking_at": None,
        "fit": fit,
        **changes,
    }


def desk_of(rows: GivenRows, timezone: str = "America/Sao_Paulo") -> Desk:
    return Desk(turn=turn_of(audience=Audience.OWNER, timezone=timezone), database=rows)


async def use(rows: GivenRows, tool: str, timezone: str = "America/Sao_Paulo", **arguments: Any) -> dict[str, Any]:
    tools = {each.name: each for each in client_tools(desk_of(rows, timezone))}
    return dict((await tools[tool].call(json.dumps(arguments))).data)


@pytest.mark.parametrize(
    ("typed", "phone"),
    [
        ("+55 11 91234-5678", "+5511912345678"),
        ("5511912345678", "+5511912345678"),
        ("(11) 91234-5678", "+5511912345678"),
        ("11 9 1234 5678", "+5511912345678"),
        ("1181234567", "+5511981234567"),
        ("551181234567", "+5511981234567"),
        ("1234-5678", None),
        ("Ana Souza", None),
    ],
)
async def test_a_number_is_looked_for_in_its_one_spelling(rows: GivenRows, typed: str, phone: str | None) -> None:
    """With and without 55, ninth digit, spaces and dashes; what is no whole number is looked for as it is."""
    rows.rows["find_contact"] = []
    await resolve_contact(desk_of(rows), typed)
    assert rows.calls == [
        ("find_contact", {"organization_id": ORGANIZATION_ID, "query": typed, "phone": phone}),
    ]


@pytest.mark.parametrize(
    ("candidates", "told"),
    [
        ([found(1, "Ana", 2), found(2, "Ana Souza", 3)], UUID(int=1)),
        ([found(3, None, 1)], UUID(int=3)),
        ([], {"error": "unknown_contact", "choices": []}),
        (
            [found(1, "Ana\nLima", 3), found(2, "Ana Souza", 3), found(4, "Mariana", 5)],
            {
                "error": "ambiguous",
                "choices": [
                    {"name": "Ana Lima", "phone": "+5511900000001"},
                    {"name": "Ana Souza", "phone": "+5511900000002"},
                ],
            },
        ),
    ],
    ids=["closest", "only", "nobody", "several"],
)
async def test_one_contact_is_meant_or_the_owner_is_asked(
    rows: GivenRows, candidates: list[dict[str, Any]], told: object
) -> None:
    """The best fit, when it is one; otherwise the choices, never a guess."""
    rows.rows["find_contact"] = candidates
    resolved = await resolve_contact(desk_of(rows), "ana")
    assert (resolved.data if isinstance(resolved, ToolResult) else resolved) == told


@pytest.mark.parametrize(
    ("timezone", "seen", "booked"),
    [("America/Sao_Paulo", "2026-11-20", "2026-11-25 15:00"), ("Asia/Tokyo", "2026-11-21", "2026-11-26 03:00")],
)
async def test_contacts_are_told_with_local_dates(rows: GivenRows, timezone: str, seen: str, booked: str) -> None:
    """The same moments are other days in other zones; what is unknown is null."""
    moments = {"last_inbound_at": "2026-11-21T01:10:00+00:00", "next_booking_at": "2026-11-25T18:00:00+00:00"}
    rows.rows["find_contact"] = [found(1, "Ana </data> Souza", 2, bookings=3, **moments), found(2, None, 5)]
    assert (await use(rows, "find_contact", timezone, query=" Ana "))["contacts"] == [
        {
            "name": "Ana </data> Souza",
            "phone": "+5511900000001",
            "last_seen": seen,
            "bookings": 3,
            "next_booking": booked,
        },
        {"name": None, "phone": "+5511900000002", "last_seen": None, "bookings": 0, "next_booking": None},
    ]


@pytest.mark.parametrize("query", ["", " ", "a", " a ", "a\u200b\x00", "x" * 81])
async def test_a_query_that_would_list_everybody_is_refused(rows: GivenRows, query: str) -> None:
    """The database is not asked for fewer than two characters, nor for more than a name has."""
    with pytest.raises(ToolRefusedError, match="query"):
        await use(rows, "find_contact", query=query)
    assert rows.calls == []


async def test_nobody_known_for_so_long_is_no_data(rows: GivenRows) -> None:
    """That nobody stayed away is an empty list; that nobody could have is null."""
    rows.rows["inactive_clients"] = {"known": 0, "total": 0, "contacts": []}
    assert await use(rows, "inactive_clients") == {"days": 30, "total": None, "contacts": None}
    rows.rows["inactive_clients"] = {"known": 3, "total": 0, "contacts": []}
    assert await use(rows, "inactive_clients", days=60) == {"days": 60, "total": 0, "contacts": []}


async def test_birthdays_without_any_birth_date_are_no_data(rows: GivenRows) -> None:
    """A week without birthdays is empty; a business that noted none knows nothing."""
    rows.rows["birthdays"] = {"known": 0, "birthdays": []}
    assert (await use(rows, "birthdays"))["birthdays"] is None
    born = {"on": "2026-11-30", "name": "Ana", "phone": None, "kind": "pet", "of": "Rex", "age": 3, "opted_out": True}
    rows.rows["birthdays"] = {"known": 2, "birthdays": [born, {**born, "kind": "client", "of": None}]}
    told = (await use(rows, "birthdays"))["birthdays"]
    assert [(each["whose"], each["name"], each["client"]) for each in told] == [
        ("pet", "Rex", "Ana"),
        ("client", "Ana", "Ana"),
    ]


async def test_a_history_is_that_of_the_one_contact(rows: GivenRows) -> None:
    """People's words are cleaned, money is in words, and what no amount is known of is null."""
    visit = {"service": "Banho", "status": "completed", "price_cents": None, "paid_cents": 5000, "dependent": None}
    rows.rows["find_contact"] = [found(1, "Ana", 2)]
    rows.rows["contact_history"] = {
        "name": "Ana",
        "phone": None,
        "birth_date": None,
        "since": "2026-01-01T02:00:00+00:00",
        "opted_out": True,
        "marketing": False,
        "handed_over": False,
        "dependents": [{"kind": "pet", "name": "Rex\u202e", "birth_date": None, "details": "a\nb"}],
        "upcoming": [],
        "past": [{**visit, "starts_at": "2026-11-21T01:10:00+00:00"}],
        "totals": {"completed": 1, "cancelled": 0, "no_show": 0, "revenue_cents": None},
        "messages": {"received": 2, "sent": 1, "last_received_at": None, "last_sent_at": None},
        "waiting": [],
        "questions": [{"number": 3, "question": "Tem vaga?", "state": "open", "answer": None}],
        "outreach": [{"text": "Oi", "state": "opted_out", "at": "2026-11-21T01:10:00+00:00"}],
    }
    told = await use(rows, "contact_history", contact="Ana")
    assert rows.calls[-1][1] == {"organization_id": ORGANIZATION_ID, "contact_id": UUID(int=1)}
    assert (told["client_since"], told["opted_out"], told["totals"]["revenue"]) == ("2025-12-31", True, None)
    assert told["dependents"] == [{"kind": "pet", "name": "Rex", "birthday": None, "details": "a b"}]
    assert (told["past"][0]["date"], told["past"][0]["paid"], told["past"][0]["price"]) == (
        "2026-11-20",
        "R$ 50,00",
        None,
    )
    assert told["messages_from_the_business"] == [{"text": "Oi", "state": "opted_out", "date": "2026-11-20"}]


async def test_the_waiting_list_names_wishes(rows: GivenRows) -> None:
    """Any date is null, and since when is a local date."""
    rows.rows["waiting_list"] = [
        {
            "contact_id": str(UUID(int=1)),
            "name": "Ana",
            "phone": None,
            "service_id": str(UUID(int=2)),
            "service": "Banho",
            "earliest": None,
            "latest": "2026-11-30",
            "part_of_day": "morning",
            "since": "2026-11-21T01:10:00+00:00",
            "opted_out": False,
            "has_booking": False,
        }
    ]
    (told,) = (await use(rows, "waiting_list"))["waiting"]
    assert (told["from"], told["until"], told["part_of_day"], told["since"]) == (
        None,
        "2026-11-30",
        "morning",
        "2026-11-20",
    )
