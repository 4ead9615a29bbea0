"""The customer's calendar tools: what they offer, what they propose and what they refuse."""

import json
from typing import Any

import pytest

from shared.assistants.desks.bookable import find_service
from shared.assistants.desks.calendar import calendar_tools
from shared.assistants.desks.desk import Desk
from shared.assistants.moments import format_minutes
from shared.assistants.texts import texts_for
from shared.assistants.tools import Deed, ToolRefusedError, ToolResult
from shared.calendar import BookableService
from shared.models import Locale
from tests.unit.assistants.conftest import GivenRows, turn_of

BANHO, TOSA, HIGIENICA, CONSULTA = (f"00000000-0000-4000-8000-00000000000{number}" for number in range(1, 5))
THOR = "00000000-0000-4000-8000-0000000000d1"
WEEKDAY = [["09:00", "12:00"], ["13:00", "16:00"]]
WEEK = dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), WEEKDAY) | {"sat": []}
SERVICES: list[dict[str, Any]] = [
    {"id": BANHO, "name": "Banho", "price_cents": 6000, "duration_minutes": 60},
    {"id": TOSA, "name": "Banho e tosa", "price_cents": None, "duration_minutes": 90},
    {"id": HIGIENICA, "name": "Tosa higiênica", "price_cents": 4500, "duration_minutes": 30},
    {"id": CONSULTA, "name": "Consulta", "price_cents": None, "duration_minutes": None},
]


def busy(day: str, start: str, end: str) -> dict[str, Any]:
    return {"resource": "main", "starts_at": f"2026-{day}T{start}-03:00", "ends_at": f"2026-{day}T{end}-03:00"}


def calendar_row(**changes: Any) -> dict[str, Any]:
    """What the database answers of a pet shop with one table, whose Wednesday morning is partly taken."""
    rules = {"slot_minutes": 60, "notice_minutes": 120, "horizon_days": 30, "cancel_notice_minutes": 240}
    return {
        "timezone": "America/Sao_Paulo",
        "hours": WEEK,
        "rules": rules,
        "resources": [{"name": "main", "hours": None}],
        "bookings": [busy("11-25", "10:00", "11:00")],
        "blocks": [],
        "services": SERVICES,
        **changes,
    }


def appointment(number: int, day: str, start: str, end: str, **changes: Any) -> dict[str, Any]:
    return {
        "booking_id": f"00000000-0000-4000-8000-0000000000b{number}",
        "service": "Banho",
        "price_cents": 6000,
        "dependent": None,
        "confirmed_at": None,
        "changeable": True,
        **busy(day, start, end),
        **changes,
    }


@pytest.fixture
def rows(rows: GivenRows) -> GivenRows:
    """The database of that shop: the customer has nothing yet but a dog, and what is proposed gets written down."""
    rows.rows |= {
        "calendar": calendar_row(),
        "appointments_of": own(),
        "propose": {"id": "00000000-0000-4000-8000-0000000000a1", "code": None, "preview": None, "refused": None},
        "confirm_presence": {"outcome": "done"},
        "join_waiting_list": {"outcome": "done", "service": "Banho"},
        "leave_waiting_list": {"outcome": "done", "services": ["Banho"]},
    }
    return rows


def own(*appointments: dict[str, Any], waiting: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    return {
        "appointments": appointments,
        "waiting": waiting,
        "dependents": [{"id": THOR, "name": "Thor", "kind": "pet"}],
    }


async def use(rows: GivenRows, tool: str, *, locale: Locale = "pt-BR", **arguments: Any) -> ToolResult:
    """Call a tool of this desk as the model does, at noon of Tuesday, 24 November."""
    desk = Desk(turn=turn_of(locale=locale), database=rows)
    tools = {each.name: each for each in calendar_tools(desk)}
    return await tools[tool].call(json.dumps(arguments))


def proposed(rows: GivenRows) -> dict[str, Any]:
    """Return what was written down to be agreed to."""
    ((_, arguments),) = (call for call in rows.calls if call[0] == "propose")
    proposal = arguments["proposal"]
    assert isinstance(proposal, dict)
    return proposal


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("Banho", "Banho"),
        ("BANHO", "Banho"),
        ("banho e tosa", "Banho e tosa"),
        ("quero um banho e tosa hoje", "Banho e tosa"),
        ("um banho, por favor", "Banho"),
        ("higienica", "Tosa higiênica"),
        ("tosa", ["Banho e tosa", "Tosa higiênica"]),
        ("consulta ou banho", ["Banho", "Consulta"]),
        ("corte", ["Banho", "Banho e tosa", "Tosa higiênica", "Consulta"]),
        ("banheira", ["Banho", "Banho e tosa", "Tosa higiênica", "Consulta"]),
        ("!?", ["Banho", "Banho e tosa", "Tosa higiênica", "Consulta"]),
    ],
)
def test_a_service_is_found_by_how_people_write_it(wanted: str, found: str | list[str]) -> None:
    """Case and accents aside: its name, or what fits only one; else the choices."""
    services = [BookableService.model_validate(service) for service in SERVICES]
    match = find_service(services, wanted)
    assert (match.data["choices"] if isinstance(match, ToolResult) else match.name) == found


async def test_the_free_times_of_a_day_are_told(rows: GivenRows) -> None:
    """With price and duration as they are stated, and nothing that is taken."""
    assert (await use(rows, "free_slots", service="banho", date="2026-11-25")).data == {
        "service": "Banho",
        "price": "R$ 60,00",
        "duration_minutes": 60,
        "days": [
            {"date": "2026-11-25", "weekday": "quarta-feira", "times": ["09:00", "11:00", "13:00", "14:00", "15:00"]}
        ],
        "next_free": {"date": "2026-11-25", "weekday": "quarta-feira", "time": "09:00"},
    }


async def test_without_a_date_the_next_days_with_free_times_are_told(rows: GivenRows) -> None:
    """Today as long as the notice allows, then the days after it; of the part of the day that was asked for."""
    days = (await use(rows, "free_slots", service="Banho")).data["days"]
    assert [(day["date"], day["times"][0]) for day in days] == [
        ("2026-11-24", "14:00"),
        ("2026-11-25", "09:00"),
        ("2026-11-26", "09:00"),
    ]
    days = (await use(rows, "free_slots", service="Banho", part_of_day="morning")).data["days"]
    assert (days[0]["date"], days[0]["times"]) == ("2026-11-25", ["09:00", "11:00"])


@pytest.mark.parametrize(
    ("date", "reason"),
    [("2026-11-28", "closed"), ("2026-11-29", "not_stated"), ("2026-11-23", "past"), ("9999-12-31", "too_far")],
)
async def test_a_day_without_free_times_says_why_and_what_is_next(rows: GivenRows, date: str, reason: str) -> None:
    """The next free time is one of the whole calendar."""
    data = (await use(rows, "free_slots", service="Banho", date=date)).data
    assert (data["days"], data["reason"]) == ([], reason)
    assert data["next_free"] == {"date": "2026-11-24", "weekday": "terça-feira", "time": "14:00"}


async def test_where_nothing_is_free_nothing_is_offered(rows: GivenRows) -> None:
    """Hours that nobody stated are told as that."""
    rows.rows["calendar"] = calendar_row(hours={})
    data = (await use(rows, "free_slots", service="Banho")).data
    assert (data["days"], data["next_free"], data["reason"]) == ([], None, "not_stated")


async def test_a_long_day_s_times_are_cut(rows: GivenRows) -> None:
    """The model is told that there are more."""
    rules = {"slot_minutes": 15, "notice_minutes": 0, "horizon_days": 30}
    rows.rows["calendar"] = calendar_row(hours={"wed": [["00:00", "24:00"]]}, rules=rules)
    (day,) = (await use(rows, "free_slots", service="Banho", date="2026-11-25")).data["days"]
    assert (len(day["times"]), day["more"]) == (24, True)


async def test_booking_proposes_and_does_nothing(rows: GivenRows) -> None:
    """The customer reads service, day, time, price and for whom; the action holds ids and the real moments."""
    result = await use(rows, "book_appointment", service="banho", date="2026-11-27", time="9:00", for_whom="thor")
    assert result.deeds == {Deed.PROPOSED}
    expected = "*Agendar: Banho*\nQuando: sexta-feira, 27 de novembro, às 09:00\nValor: R$ 60,00\nPara quem: Thor"
    assert (result.must_say or "").startswith(expected)
    proposal = proposed(rows)
    assert (proposal["kind"], proposal["preview"]) == ("book", expected)
    assert proposal["action"] == {
        "contact_id": str(turn_of().contact.id),
        "service_id": BANHO,
        "price_cents": 6000,
        "starts_at": "2026-11-27T12:00:00+00:00",
        "ends_at": "2026-11-27T13:00:00+00:00",
        "resources": ["main"],
        "dependent_id": THOR,
    }


async def test_a_preview_is_in_the_business_s_language_and_says_what_is_not_stated(rows: GivenRows) -> None:
    """No price is no zero."""
    await use(rows, "book_appointment", locale="en", service="banho e tosa", date="2026-11-27", time="10:00")
    assert proposed(rows)["preview"] == "*Book: Banho e tosa*\nWhen: Friday, 27 November at 10:00\nPrice: not stated"
    assert proposed(rows)["action"]["price_cents"] is None


@pytest.mark.parametrize(
    ("date", "time", "reason", "nearest"),
    [
        ("2026-11-25", "10:00", "taken", ["09:00", "11:00", "13:00"]),
        ("2026-11-25", "12:00", "closed", ["11:00", "13:00", "14:00"]),
        ("2026-11-25", "09:10", "off_grid", ["09:00", "11:00", "13:00"]),
        ("2026-11-24", "13:00", "too_soon", ["14:00", "15:00", "09:00"]),
    ],
)
async def test_a_time_that_cannot_be_had_is_answered_with_others(
    rows: GivenRows, date: str, time: str, reason: str, nearest: list[str]
) -> None:
    """Why, and the nearest free times; nothing is proposed."""
    result = await use(rows, "book_appointment", service="Banho", date=date, time=time)
    assert result.data["unavailable"] == reason
    assert [each["time"] for each in result.data["alternatives"]] == nearest
    assert [name for name, _ in rows.calls] == ["calendar"]


@pytest.mark.parametrize("tool", ["book_appointment", "free_slots"])
async def test_a_service_without_a_duration_cannot_be_booked(rows: GivenRows, tool: str) -> None:
    """The model is told to offer a person."""
    wish: dict[str, Any] = {"date": "2026-11-27", "time": "09:00"} if tool == "book_appointment" else {}
    data = (await use(rows, tool, service="Consulta", **wish)).data
    assert (data["error"], data["service"]) == ("no_duration", "Consulta")
    assert "equipe" in data["note"]


async def test_only_known_dependents_are_booked_for(rows: GivenRows) -> None:
    """Somebody unknown is noted first; the customer's own name is no dependent's."""
    wish: dict[str, Any] = {"service": "Banho", "date": "2026-11-27", "time": "09:00"}
    unknown = await use(rows, "book_appointment", **wish, for_whom="Rex")
    assert (unknown.data["error"], unknown.data["choices"]) == ("unknown_dependent", ["Thor"])
    await use(rows, "book_appointment", **wish, for_whom="maria")
    assert "dependent_id" not in proposed(rows)["action"]


@pytest.mark.parametrize(
    "arguments",
    [
        {"service": "Banho", "date": "amanhã", "time": "09:00"},
        {"service": "Banho", "date": "2026-11-27", "time": "25:00"},
        {"service": " ", "date": "2026-11-27", "time": "09:00"},
        {"service": "Banho", "date": "2026-11-27", "time": "09:00", "contact_id": THOR},
    ],
)
async def test_arguments_that_are_none_are_refused(rows: GivenRows, arguments: dict[str, Any]) -> None:
    """And nobody books for an id that the model made up."""
    with pytest.raises(ToolRefusedError, match="invalid arguments"):
        await use(rows, "book_appointment", **arguments)
    assert rows.calls == []


async def test_own_appointments_are_numbered_in_local_time(rows: GivenRows) -> None:
    """With what the customer waits for."""
    waiting = {"service_id": BANHO, "service": "Banho", "earliest": "2026-11-26", "part_of_day": "morning"}
    first = appointment(1, "11-25", "10:00", "11:00", dependent="Thor", confirmed_at="2026-11-24T10:00-03:00")
    rows.rows["appointments_of"] = own(
        first, appointment(2, "11-30", "23:30", "23:59", changeable=False), waiting=(waiting,)
    )
    data = (await use(rows, "my_appointments")).data
    assert data["appointments"][0] == {
        "number": 1,
        "service": "Banho",
        "date": "2026-11-25",
        "weekday": "quarta-feira",
        "time": "10:00",
        "price": "R$ 60,00",
        "for_whom": "Thor",
        "confirmed": True,
        "changeable": True,
    }
    second = data["appointments"][1]
    assert (second["number"], second["date"], second["time"], second["changeable"]) == (2, "2026-11-30", "23:30", False)
    assert data["waiting_list"] == [{"service": "Banho", "date": "2026-11-26", "part_of_day": "morning"}]


async def test_moving_keeps_the_length_and_may_overlap_the_old_time(rows: GivenRows) -> None:
    """The own appointment is not in its own way."""
    rows.rows["calendar"] = calendar_row(bookings=[busy("11-25", "10:00", "12:00")])
    rows.rows["appointments_of"] = own(appointment(1, "11-25", "10:00", "12:00"))
    await use(rows, "reschedule_appointment", date="2026-11-25", time="09:00")
    proposal = proposed(rows)
    assert proposal["preview"] == (
        "*Remarcar: Banho*\nDe: quarta-feira, 25 de novembro, às 10:00\nPara: quarta-feira, 25 de novembro, às 09:00"
    )
    assert proposal["action"] == {
        "booking_id": "00000000-0000-4000-8000-0000000000b1",
        "starts_at": "2026-11-25T12:00:00+00:00",
        "ends_at": "2026-11-25T14:00:00+00:00",
        "resources": ["main"],
        "late_notice": (
            "⚠️ Maria (+5511912345678) remarcou em cima da hora: Banho,"
            " de quarta-feira, 25 de novembro, às 10:00 para quarta-feira, 25 de novembro, às 09:00."
        ),
    }


async def test_moving_to_the_same_time_or_onto_another_s_is_none(rows: GivenRows) -> None:
    """Nothing is proposed."""
    rows.rows["appointments_of"] = own(appointment(1, "11-26", "09:00", "10:00"))
    same = await use(rows, "reschedule_appointment", date="2026-11-26", time="09:00")
    taken = await use(rows, "reschedule_appointment", date="2026-11-25", time="10:00")
    assert (same.data, taken.data["unavailable"]) == ({"error": "same_time"}, "taken")
    assert "propose" not in [name for name, _ in rows.calls]


async def test_cancelling_proposes(rows: GivenRows) -> None:
    """What and when, by the number that the customer was told; and what the owners hear if it is late."""
    rows.rows["appointments_of"] = own(
        appointment(1, "11-25", "10:00", "11:00"), appointment(2, "11-26", "09:00", "10:00")
    )
    await use(rows, "cancel_appointment", appointment=2)
    assert proposed(rows)["preview"] == "*Cancelar: Banho*\nQuando: quinta-feira, 26 de novembro, às 09:00"
    assert proposed(rows)["action"] == {
        "booking_id": "00000000-0000-4000-8000-0000000000b2",
        "late_notice": (
            "⚠️ Maria (+5511912345678) cancelou em cima da hora: Banho, quinta-feira, 26 de novembro, às 09:00."
        ),
    }


@pytest.mark.parametrize(
    ("tool", "more"),
    [
        ("reschedule_appointment", {"date": "2026-11-27", "time": "09:00"}),
        ("cancel_appointment", {}),
        ("confirm_appointment", {}),
    ],
)
async def test_which_appointment_is_meant_is_never_guessed(rows: GivenRows, tool: str, more: dict[str, Any]) -> None:
    """None, several, and a number that there is not."""
    assert (await use(rows, tool, **more)).data == {"error": "no_appointments"}
    rows.rows["appointments_of"] = own(
        appointment(1, "11-25", "10:00", "11:00"), appointment(2, "11-26", "09:00", "10:00")
    )
    for number, error in ((None, "which_appointment"), (3, "unknown_appointment")):
        data = (await use(rows, tool, **more, appointment=number)).data
        assert (data["error"], [each["number"] for each in data["choices"]]) == (error, [1, 2])
    assert {name for name, _ in rows.calls} == {"appointments_of"}


@pytest.mark.parametrize(
    ("tool", "more"),
    [("reschedule_appointment", {"date": "2026-11-27", "time": "09:00"}), ("cancel_appointment", {})],
)
async def test_within_the_notice_nothing_is_changed_here(rows: GivenRows, tool: str, more: dict[str, Any]) -> None:
    """The model is told the notice, and to offer a person."""
    rows.rows["appointments_of"] = own(appointment(1, "11-24", "14:00", "15:00", changeable=False))
    result = await use(rows, tool, **more)
    assert (result.data["error"], "menos de 4 horas" in result.data["note"]) == ("too_late", True)
    assert result.must_say is None


async def test_presence_is_noted_at_once(rows: GivenRows) -> None:
    """It needs no agreement: it is one."""
    rows.rows["appointments_of"] = own(appointment(1, "11-25", "10:00", "11:00"))
    result = await use(rows, "confirm_appointment")
    assert result.deeds == {Deed.CONFIRMED}
    assert result.data == {
        "confirmed": True,
        "service": "Banho",
        "date": "2026-11-25",
        "weekday": "quarta-feira",
        "time": "10:00",
    }
    rows.rows["confirm_presence"] = {"outcome": "gone"}
    gone = await use(rows, "confirm_appointment")
    assert (gone.data["error"], gone.deeds) == ("unknown_appointment", frozenset())


async def test_a_place_on_the_waiting_list_is_kept_at_once(rows: GivenRows) -> None:
    """For one day or any; also for what has no duration, and for no day that is over."""
    result = await use(rows, "join_waiting_list", service="consulta", date="2026-11-25", part_of_day="morning")
    assert result.deeds == {Deed.WAITLISTED}
    asked = dict(rows.calls[-1][1])
    assert (str(asked["service_id"]), asked["earliest"], asked["latest"], asked["part_of_day"]) == (
        CONSULTA,
        "2026-11-25",
        "2026-11-25",
        "morning",
    )
    assert (await use(rows, "join_waiting_list", service="Banho")).data == {
        "waiting_for": "Banho",
        "date": None,
        "part_of_day": "any",
    }
    past = await use(rows, "join_waiting_list", service="Banho", date="2026-11-23")
    assert (past.data, past.deeds) == ({"error": "past"}, frozenset())


@pytest.mark.parametrize(("service", "left"), [("banho", ["Banho"]), (None, ["Banho", "Consulta"])])
async def test_the_waiting_list_is_left(rows: GivenRows, service: str | None, left: list[str]) -> None:
    """For one service or all; who leaves again, as in a repeated turn, waits for nothing still."""
    waiting = tuple(
        {"service_id": each["id"], "service": each["name"], "earliest": None, "part_of_day": "any"}
        for each in (SERVICES[0], SERVICES[3])
    )
    rows.rows["appointments_of"] = own(waiting=waiting)
    assert (await use(rows, "leave_waiting_list", service=service)).data == {"no_longer_waiting_for": left}
    assert (await use(rows, "leave_waiting_list", service="Tosa")).data["error"] == "unknown_service"
    rows.rows["appointments_of"] = own()
    assert (await use(rows, "leave_waiting_list", service=service)).deeds == {Deed.WAITLISTED}


@pytest.mark.parametrize(
    ("count", "words"), [(0, "0 min"), (1, "1 min"), (45, "45 min"), (60, "1 hora"), (65, "1h05"), (240, "4 horas")]
)
def test_a_span_is_told_in_whole_hours_where_it_is_one(count: int, words: str) -> None:
    """As people say it."""
    assert format_minutes(count, texts_for("pt-BR")) == words
