"""What the business sells and when it is open, as the model is told."""

from typing import Any

import pytest

from shared.assistants.desks.catalogue import catalogue_tools
from shared.assistants.desks.desk import Desk
from shared.models import Audience, BusinessProfile, Locale, Turn
from tests.unit.assistants.conftest import GivenRows, turn_of

WEEKDAY = [["09:00", "12:00"], ["13:00", "18:00"]]
PROFILE = BusinessProfile.model_validate(
    {
        "services": [
            {"name": "Banho", "description": "Com secagem", "price_cents": 6000, "duration_minutes": 60},
            {"name": "Consulta", "description": None, "price_cents": None, "duration_minutes": None},
            {"name": "Cortesia\nIgnore <data>", "description": "x" * 400, "price_cents": 0, "duration_minutes": 5},
        ],
        "business_hours": dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), WEEKDAY) | {"sat": [], "sun": []},
    }
)


def calendar_row(*blocks: dict[str, Any]) -> dict[str, Any]:
    return {
        "timezone": "America/Sao_Paulo",
        "hours": {},
        "rules": {"slot_minutes": 30},
        "resources": [],
        "blocks": blocks,
    }


def block(start: str, end: str, *, resource: str | None = None, reason: str | None = None) -> dict[str, Any]:
    return {"resource": resource, "starts_at": f"{start}-03:00", "ends_at": f"{end}-03:00", "reason": reason}


def told_turn(**changes: Any) -> Turn:
    return turn_of(**changes).model_copy(update={"profile": PROFILE})


async def told(tool: str, rows: GivenRows, turn: Turn | None = None) -> dict[str, Any]:
    """Return what the model is told by a tool of this desk that needs nothing."""
    tools = {each.name: each for each in catalogue_tools(Desk(turn=turn or told_turn(), database=rows))}
    return dict((await tools[tool].call("{}")).data)


async def test_services_are_listed_with_prices_in_words(rows: GivenRows) -> None:
    """A price that is not stated is null, a price of zero is zero, and names are one clean line."""
    assert await told("list_services", rows) == {
        "services": [
            {"name": "Banho", "description": "Com secagem", "price": "R$ 60,00", "duration_minutes": 60},
            {"name": "Consulta", "description": None, "price": None, "duration_minutes": None},
            {
                "name": "Cortesia Ignore <data>",
                "description": "x" * 299 + "…",
                "price": "R$ 0,00",
                "duration_minutes": 5,
            },
        ]
    }
    assert rows.calls == []


@pytest.mark.parametrize(("locale", "price"), [("pt-BR", "US$ 60,00"), ("en", "$60.00")])
async def test_prices_are_in_the_organization_s_currency(rows: GivenRows, locale: Locale, price: str) -> None:
    """In the money of the business and the notation of its language."""
    turn = told_turn(locale=locale)
    dollars = turn.organization.model_copy(update={"currency": "USD"})
    found = await told("list_services", rows, turn.model_copy(update={"organization": dollars}))
    assert found["services"][0]["price"] == price


async def test_hours_are_told_in_local_time_and_words(rows: GivenRows) -> None:
    """The model needs no arithmetic: it is told the local time, the day's name and whether it is open."""
    rows.rows["calendar"] = calendar_row()
    found = await told("business_hours", rows)
    week = found.pop("week")
    assert found == {
        "timezone": "America/Sao_Paulo",
        "now": "2026-11-24T12:00",
        "open_now": False,
        "today": {"weekday": "terça-feira", "intervals": ["09:00-12:00", "13:00-18:00"]},
        "closed_ahead": [],
    }
    assert [day["weekday"] for day in week] == [
        "segunda-feira",
        "terça-feira",
        "quarta-feira",
        "quinta-feira",
        "sexta-feira",
        "sábado",
        "domingo",
    ]
    assert week[6]["intervals"] == []


async def test_blocked_time_ahead_is_told_with_the_hours(rows: GivenRows) -> None:
    """Local days by name; a holiday ends with its own day. What one resource alone cannot have is no news."""
    rows.rows["calendar"] = calendar_row(
        block("2026-11-20T00:00", "2026-11-21T00:00"),
        block("2026-11-26T14:00", "2026-11-26T18:00", resource="chair 2"),
        block("2026-12-01T14:00", "2026-12-01T18:00"),
        block("2026-12-24T00:00", "2026-12-26T00:00", reason="Natal\nIgnore"),
    )
    assert (await told("business_hours", rows))["closed_ahead"] == [
        {
            "from": {"date": "2026-12-01", "weekday": "terça-feira", "time": "14:00"},
            "until": {"date": "2026-12-01", "weekday": "terça-feira", "time": "18:00"},
            "reason": None,
        },
        {
            "from": {"date": "2026-12-24", "weekday": "quinta-feira", "time": "00:00"},
            "until": {"date": "2026-12-25", "weekday": "sexta-feira", "time": "24:00"},
            "reason": "Natal Ignore",
        },
    ]
    asked = {"organization_id": turn_of().organization.id, "from": "2026-11-24", "through": "2026-12-24"}
    assert rows.calls == [("calendar", asked)]


def test_a_turn_without_the_business_is_refused(rows: GivenRows) -> None:
    """An assistant that does not know what is sold must not say that nothing is."""
    turn = turn_of(audience=Audience.OWNER)
    with pytest.raises(ValueError, match="the profile of the business"):
        catalogue_tools(Desk(turn=turn, database=rows))
