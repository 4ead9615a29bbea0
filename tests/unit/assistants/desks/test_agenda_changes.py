"""Changes to the agenda for the owner: what is shown, what is written down, and what is refused."""

import json
from typing import Any
from uuid import UUID

import pytest

from shared.assistants.desks.agenda_changes import agenda_change_tools, payment_tools
from shared.assistants.desks.blocking import blocking_tools
from shared.assistants.desks.desk import Desk
from shared.assistants.tools import Deed, ToolRefusedError, ToolResult
from shared.models import Audience
from tests.unit.assistants.conftest import GivenRows, turn_of

BATH = "00000000-0000-4000-8000-000000000001"
WEEKDAY = [["09:00", "12:00"], ["13:00", "16:00"]]
HOURS = dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), WEEKDAY) | {"sat": []}
ANA = {
    "id": str(UUID(int=1)),
    "name": "Ana",
    "phone": "+5511900000001",
    "last_inbound_at": None,
    "bookings": 0,
    "next_booking_at": None,
    "fit": 2,
}
BRUNO = {**ANA, "id": str(UUID(int=2)), "name": "Ana Bruna", "phone": "+5511900000002"}


def taken(day: str, start: str, end: str) -> dict[str, Any]:
    return {"resource": "main", "starts_at": f"2026-{day}T{start}-03:00", "ends_at": f"2026-{day}T{end}-03:00"}


def booking(number: int, day: str, start: str, end: str, **changes: Any) -> dict[str, Any]:
    return {
        **taken(day, start, end),
        "booking_id": str(UUID(int=100 + number)),
        "contact": "Ana",
        "service": "Banho",
        "status": "confirmed",
        "price_cents": 6000,
        "paid_cents": None,
        "dependent": None,
        **changes,
    }


@pytest.fixture
def rows(rows: GivenRows) -> GivenRows:
    """A shop with one table, noon of Tuesday, 24 November: Ana came this morning and comes on Wednesday at ten."""
    rows.rows |= {
        "find_contact": [ANA],
        "calendar": {
            "timezone": "America/Sao_Paulo",
            "hours": HOURS,
            "rules": {"slot_minutes": 60, "notice_minutes": 120, "horizon_days": 10, "cancel_notice_minutes": 240},
            "resources": [{"name": "main", "hours": None}],
            "bookings": [taken("11-25", "10:00", "11:00")],
            "blocks": [{**taken("11-26", "09:00", "12:00"), "reason": "Folga"}],
            "services": [
                {"id": BATH, "name": "Banho", "price_cents": 6000, "duration_minutes": 60},
                {"id": str(UUID(int=9)), "name": "Consulta", "price_cents": None, "duration_minutes": None},
            ],
        },
        "bookings_of_contact": [
            booking(1, "11-20", "09:00", "10:00", status="no_show"),
            booking(2, "11-23", "09:00", "10:00", status="completed", price_cents=None),
            booking(3, "11-24", "09:00", "10:00"),
            booking(4, "11-25", "10:00", "11:00"),
        ],
        "propose": {"id": str(UUID(int=7)), "code": None, "preview": None, "refused": None},
        "agenda": {"from": "2026-11-24", "appointments": [], "blocks": []},
    }
    return rows


async def use(rows: GivenRows, tool: str, **arguments: Any) -> ToolResult:
    desk = Desk(turn=turn_of(audience=Audience.OWNER), database=rows)
    every = (*agenda_change_tools(desk), *payment_tools(desk), *blocking_tools(desk))
    return await {each.name: each for each in every}[tool].call(json.dumps(arguments))


def proposal(rows: GivenRows) -> dict[str, Any]:
    """Return what was last written down to be agreed to."""
    function, arguments = rows.calls[-1]
    assert function == "propose"
    written: Any = arguments["proposal"]
    return dict(written)


def book(date: str, time: str, **changes: Any) -> dict[str, Any]:
    return {"contact": "Ana", "service": "banho", "date": date, "time": time, **changes}


@pytest.mark.parametrize(
    ("date", "time", "caution"),
    [
        ("2026-11-25", "14:00", None),
        ("2026-11-25", "14:20", None),
        ("2026-11-24", "13:00", "Com menos antecedência"),
        ("2026-11-25", "20:00", "Fora do horário de funcionamento."),
        ("2026-11-28", "09:00", "Fora do horário de funcionamento."),
        ("2026-11-29", "09:00", "não está informado"),
        ("2026-12-21", "09:00", "Mais à frente"),
    ],
    ids=["free", "any minute", "notice", "evening", "closed day", "unknown hours", "horizon"],
)
async def test_an_owner_books_beyond_the_rules_and_is_told_so(
    rows: GivenRows, date: str, time: str, caution: str | None
) -> None:
    """The preview names client, number, service, moment and price, and the rule for customers that it breaks."""
    result = await use(rows, "book_for_client", **book(date, time))
    written = proposal(rows)
    assert written["kind"] == "book"
    assert written["preview"].startswith("*Agendar para Ana – +5511900000001*\nServiço: Banho\nQuando: ")
    assert "Valor: R$ 60,00" in written["preview"]
    assert ("⚠️" in written["preview"], (caution or "") in written["preview"]) == (caution is not None, True)
    assert written["action"]["contact_id"] == ANA["id"]
    assert (written["action"]["service_id"], written["action"]["resources"]) == (BATH, ["main"])
    assert written["preview"] in (result.must_say or "")
    assert result.deeds == {Deed.PROPOSED}


@pytest.mark.parametrize(
    ("date", "time", "reason"),
    [
        ("2026-11-25", "10:30", "taken"),
        ("2026-11-26", "09:00", "blocked"),
        ("2026-11-24", "11:00", "past"),
        ("2028-11-24", "11:00", "too_far"),
    ],
)
async def test_what_is_taken_is_never_booked_over(rows: GivenRows, date: str, time: str, reason: str) -> None:
    """The owner is told why, and what is free near it."""
    result = await use(rows, "book_for_client", **book(date, time))
    assert result.data["unavailable"] == reason
    assert len(result.data["alternatives"]) == 3
    assert "propose" not in [name for name, _ in rows.calls]


async def test_outside_the_hours_what_is_taken_is_taken_too(rows: GivenRows) -> None:
    """A booking of the evening keeps the evening."""
    calendar: Any = rows.rows["calendar"]
    rows.rows["calendar"] = {**calendar, "bookings": [taken("11-25", "20:00", "21:00")]}
    assert (await use(rows, "book_for_client", **book("2026-11-25", "20:30"))).data["unavailable"] == "taken"
    assert (await use(rows, "book_for_client", **book("2026-11-25", "21:00"))).deeds == {Deed.PROPOSED}


@pytest.mark.parametrize(
    ("changes", "error"),
    [({"service": "Pintura"}, "unknown_service"), ({"service": "consulta"}, "no_duration")],
)
async def test_what_cannot_be_booked_is_not_proposed(rows: GivenRows, changes: dict[str, Any], error: str) -> None:
    """A service must be known, and how long it takes."""
    assert (await use(rows, "book_for_client", **book("2026-11-25", "14:00", **changes))).data["error"] == error


@pytest.mark.parametrize("tool", ["book_for_client", "cancel_booking", "mark_paid"])
async def test_namesakes_are_asked_for(rows: GivenRows, tool: str) -> None:
    """Nothing is proposed for one of several."""
    rows.rows["find_contact"] = [ANA, BRUNO]
    arguments = book("2026-11-25", "14:00") if tool == "book_for_client" else {"contact": "Ana"}
    result = await use(rows, tool, **arguments)
    assert (result.data["error"], len(result.data["choices"])) == ("ambiguous", 2)


async def test_a_booking_to_come_is_moved_onto_its_own_time_too(rows: GivenRows) -> None:
    """It does not stand in its own way; the same time again is no move."""
    moved = {"contact": "Ana", "new_date": "2026-11-25", "new_time": "10:30"}
    await use(rows, "move_booking", **moved)
    assert proposal(rows)["action"]["booking_id"] == str(UUID(int=104))
    assert (
        "De: quarta-feira, 25 de novembro, às 10:00\nPara: quarta-feira, 25 de novembro, às 10:30"
        in (proposal(rows)["preview"])
    )
    assert (await use(rows, "move_booking", **{**moved, "new_time": "10:00"})).data == {"error": "same_time"}


@pytest.mark.parametrize(
    ("tool", "arguments", "chosen"),
    [
        ("cancel_booking", {}, 4),
        ("mark_no_show", {}, 3),
        ("mark_no_show", {"date": "2026-11-23"}, 2),
        ("mark_paid", {}, 3),
        ("mark_paid", {"date": "2026-11-25", "time": "10:00"}, 4),
        ("mark_paid", {"date": "2026-11-23", "amount": 55.5}, 2),
    ],
)
async def test_the_booking_that_is_meant_is_found(
    rows: GivenRows, tool: str, arguments: dict[str, Any], chosen: int
) -> None:
    """One to come for cancelling; the newest that has begun for what became of it; a date says which."""
    await use(rows, tool, contact="Ana", **arguments)
    assert proposal(rows)["action"]["booking_id"] == str(UUID(int=100 + chosen))


async def test_several_bookings_to_come_are_asked_for(rows: GivenRows) -> None:
    """Which one is never guessed, and none is said with those there are."""
    coming = [booking(4, "11-25", "10:00", "11:00"), booking(5, "11-27", "09:00", "10:00")]
    rows.rows["bookings_of_contact"] = coming
    several = await use(rows, "cancel_booking", contact="Ana")
    assert several.data["error"] == "several_bookings"
    assert [each["time"] for each in several.data["choices"]] == ["10:00", "09:00"]
    none = await use(rows, "cancel_booking", contact="Ana", date="2026-11-26")
    assert (none.data["error"], len(none.data["choices"])) == ("no_booking", 2)
    await use(rows, "cancel_booking", contact="Ana", time="9:00")
    assert proposal(rows)["action"] == {"booking_id": str(UUID(int=105))}


async def test_nobody_missed_what_has_not_begun(rows: GivenRows) -> None:
    """A no-show is noted only afterwards."""
    assert (await use(rows, "mark_no_show", contact="Ana", date="2026-11-25")).data == {"error": "not_yet"}


async def test_a_payment_names_both_amounts_when_they_differ(rows: GivenRows) -> None:
    """What the owner said counts; without it the price agreed; without either there is nothing to note."""
    await use(rows, "mark_paid", contact="Ana", amount=45.5)
    assert "Valor: R$ 45,50 (combinado: R$ 60,00)" in proposal(rows)["preview"]
    assert proposal(rows)["action"]["cents"] == 4550
    await use(rows, "mark_paid", contact="Ana")
    assert "Valor: R$ 60,00\n" in proposal(rows)["preview"]
    assert proposal(rows)["action"]["cents"] == 6000
    assert (await use(rows, "mark_paid", contact="Ana", date="2026-11-23")).data["error"] == "no_amount"
    for amount in (-1, 1.234, "much"):
        with pytest.raises(ToolRefusedError, match="amount"):
            await use(rows, "mark_paid", contact="Ana", amount=amount)


@pytest.mark.parametrize(
    ("arguments", "starts", "ends", "time"),
    [
        ({}, "2026-11-27T03:00", "2026-11-28T03:00", "o dia inteiro"),
        ({"start": "14:00"}, "2026-11-27T17:00", "2026-11-28T03:00", "14:00–24:00"),
        ({"start": "9:00", "end": "11:30"}, "2026-11-27T12:00", "2026-11-27T14:30", "9:00–11:30"),
    ],
)
async def test_a_day_or_a_part_of_it_is_blocked(
    rows: GivenRows, arguments: dict[str, Any], starts: str, ends: str, time: str
) -> None:
    """Local times; whoever is booked in it is named, because the booking stands."""
    standing = {
        "phone": None,
        "contact": "Ana",
        "service": "Banho",
        "status": "confirmed",
        "price_cents": None,
        "dependent": None,
        "confirmed_at": None,
        "paid_at": None,
    }
    appointments = [{**standing, **taken("11-27", "10:00", "11:00")}, {**standing, **taken("11-27", "15:00", "16:00")}]
    rows.rows["agenda"] = {"from": "2026-11-26", "appointments": appointments, "blocks": []}
    await use(rows, "block_time", date="2026-11-27", reason="Curso", **arguments)
    written = proposal(rows)
    assert written["action"]["starts_at"].startswith(starts)
    assert written["action"]["ends_at"].startswith(ends)
    assert f"Quando: sexta-feira, 27 de novembro, {time}\nMotivo: Curso" in written["preview"]
    count = 2 if not arguments else 1
    assert f"continuam marcados: {count} (" in written["preview"]


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"date": "2026-11-23"}, "past"),
        ({"date": "2026-11-27", "start": "15:00", "end": "14:00"}, "end_before_start"),
        ({"date": "2026-11-27", "start": "24:00"}, "end_before_start"),
    ],
)
async def test_no_time_is_no_block(rows: GivenRows, arguments: dict[str, Any], error: str) -> None:
    """What is over or empty is not proposed."""
    assert (await use(rows, "block_time", **arguments)).data == {"error": error}


async def test_what_the_number_may_not_do_is_told(rows: GivenRows) -> None:
    """The database refuses, and nothing is said to be proposed."""
    rows.rows["propose"] = {"refused": "forbidden"}
    result = await use(rows, "mark_paid", contact="Ana")
    assert (result.data, result.must_say, result.deeds) == ({"error": "forbidden"}, None, frozenset())
