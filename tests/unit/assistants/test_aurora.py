"""Aurora: the owner's tools and what they tell."""

import json
from typing import Any

import pytest

from shared.assistants.engine import Assistant
from shared.assistants.roster import assistant_for
from shared.models import Audience
from tests.unit.assistants.conftest import (
    ORGANIZATION_ID,
    GivenRows,
    ManualClock,
    ScriptedModel,
    calls,
    says,
    turn_of,
)

COUNTS = {"total": 4, "done": 1, "cancelled": 1, "no_show": 0, "upcoming": 2}
CONVERSATIONS = {"answered": 7, "handed_over": 1, "waiting": 0}
DAY: dict[str, Any] = {
    "date": "2026-11-24",
    "currency": "BRL",
    "appointments": COUNTS,
    "revenue_cents": 12000,
    "new_contacts": 3,
    "conversations": CONVERSATIONS,
    "next": [
        {"starts_at": "2026-11-24T18:00:00+00:00", "service": "Banho", "contact": "Ana\nSouza"},
        {"starts_at": "2026-11-25T02:30:00+00:00", "service": "Tosa", "contact": None},
    ],
}


@pytest.fixture
def aurora(model: ScriptedModel, rows: GivenRows, clock: ManualClock) -> Assistant:
    return assistant_for(Audience.OWNER, model=model, database=rows, clock=clock)


async def result_of(
    aurora: Assistant, model: ScriptedModel, tool: str, arguments: str = "{}", *, timezone: str = "America/Sao_Paulo"
) -> dict[str, Any]:
    model.script = [calls((tool, arguments)), says("Certo.")]
    await aurora.answer(turn_of(audience=Audience.OWNER, timezone=timezone))
    result: dict[str, Any] = json.loads(model.tool_results()[-1])
    return result


async def test_the_day_is_told_in_local_time_and_money(
    aurora: Assistant, model: ScriptedModel, rows: GivenRows
) -> None:
    """Figures as they are, money in words, times on the business's wall, names as clean lines."""
    rows.rows["today_summary"] = DAY
    assert await result_of(aurora, model, "today_summary") == {
        "date": "2026-11-24",
        "appointments": COUNTS,
        "revenue": "R$ 120,00",
        "new_contacts": 3,
        "conversations": CONVERSATIONS,
        "next": [
            {"time": "15:00", "service": "Banho", "contact": "Ana Souza"},
            {"time": "23:30", "service": "Tosa", "contact": None},
        ],
    }
    assert rows.calls == [("today_summary", {"organization_id": ORGANIZATION_ID})]


@pytest.mark.parametrize(
    ("cents", "revenue"), [(None, None), (0, "R$ 0,00"), (123450, "R$ 1.234,50")], ids=["no data", "zero", "some"]
)
async def test_no_data_is_not_zero(
    aurora: Assistant, model: ScriptedModel, rows: GivenRows, cents: int | None, revenue: str | None
) -> None:
    """Null stays null and zero stays zero, for money and for counts."""
    rows.rows["today_summary"] = {**DAY, "revenue_cents": cents, "new_contacts": None, "next": []}
    told = await result_of(aurora, model, "today_summary")
    assert (told["revenue"], told["new_contacts"], told["appointments"]["no_show"], told["next"]) == (
        revenue,
        None,
        0,
        [],
    )


async def test_figures_are_read_anew_at_each_call(aurora: Assistant, model: ScriptedModel, rows: GivenRows) -> None:
    """Asking twice in one turn gives the figures of the second moment."""
    rows.rows["today_summary"] = DAY
    model.script = [calls(("today_summary", "{}")), calls(("today_summary", "{}")), says("Certo.")]
    await aurora.answer(turn_of(audience=Audience.OWNER))
    assert len(rows.calls) == 2


@pytest.mark.parametrize(
    ("timezone", "seen", "booked"),
    [
        ("America/Sao_Paulo", "2026-11-20", "2026-11-25 15:00"),
        ("Asia/Tokyo", "2026-11-21", "2026-11-26 03:00"),
    ],
)
async def test_contacts_are_told_with_local_dates(
    aurora: Assistant, model: ScriptedModel, rows: GivenRows, timezone: str, seen: str, booked: str
) -> None:
    """The same moments are other days in other zones; what is unknown is null."""
    rows.rows["find_contact"] = [
        {
            "name": "Ana </data> Souza",
            "phone": "+5511912345678",
            "last_inbound_at": "2026-11-21T01:10:00+00:00",
            "bookings": 3,
            "next_booking_at": "2026-11-25T18:00:00+00:00",
        },
        {"name": None, "phone": None, "last_inbound_at": None, "bookings": 0, "next_booking_at": None},
    ]
    assert await result_of(aurora, model, "find_contact", '{"query": " Ana "}', timezone=timezone) == {
        "contacts": [
            {
                "name": "Ana </data> Souza",
                "phone": "+5511912345678",
                "last_seen": seen,
                "bookings": 3,
                "next_booking": booked,
            },
            {"name": None, "phone": None, "last_seen": None, "bookings": 0, "next_booking": None},
        ]
    }
    assert rows.calls == [("find_contact", {"organization_id": ORGANIZATION_ID, "query": "Ana"})]


@pytest.mark.parametrize(
    ("timezone", "time"), [("America/New_York", "01:30"), ("America/Sao_Paulo", "02:30")], ids=["repeated hour", "none"]
)
async def test_times_on_the_night_of_a_clock_change_are_the_wall_s(
    aurora: Assistant, model: ScriptedModel, rows: GivenRows, timezone: str, time: str
) -> None:
    """05:30 UTC on 1 November 2026 is before New York's clocks go back."""
    rows.rows["today_summary"] = {
        **DAY,
        "next": [{"starts_at": "2026-11-01T05:30:00+00:00", "service": "Banho", "contact": "Ana"}],
    }
    told = await result_of(aurora, model, "today_summary", timezone=timezone)
    assert told["next"][0]["time"] == time


@pytest.mark.parametrize("query", ["", " ", "a", " a ", "a\u200b\x00", "x" * 81])
async def test_a_query_that_would_list_everybody_is_refused(
    aurora: Assistant, model: ScriptedModel, rows: GivenRows, query: str
) -> None:
    """The database is not asked for fewer than two characters, nor for more than a name has."""
    told = await result_of(aurora, model, "find_contact", json.dumps({"query": query}))
    assert "query" in told["error"]
    assert rows.calls == []


async def test_aurora_has_only_tools_that_read(aurora: Assistant, model: ScriptedModel) -> None:
    """She cannot hand over, book or write to anybody."""
    model.script = [says("Olá!")]
    await aurora.answer(turn_of(audience=Audience.OWNER))
    assert [spec.name for spec in model.asked[0][1]] == ["today_summary", "find_contact"]


async def test_aurora_s_words_are_left_as_they_are(aurora: Assistant, model: ScriptedModel) -> None:
    """The owner knows who writes."""
    model.script = [says("Olá!")]
    assert (await aurora.answer(turn_of(audience=Audience.OWNER))).text == "Olá!"
