"""A run of a routine to change, and the facts of a quiet day."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest

from shared.models import Locale, Organization, Permission
from shared.routines.run import RoutineOwner, RoutineRun

NOW = datetime(2026, 11, 24, 21, 0, tzinfo=UTC)  #: a Tuesday, 18:00 in São Paulo
TODAY = date(2026, 11, 24)
ORGANIZATION_ID = UUID("0a0a0a0a-0000-4000-8000-000000000001")

MakeRun = Callable[..., RoutineRun]


@pytest.fixture
def make_run() -> MakeRun:
    """A function that returns a run: `make_run("birthdays", send_to_clients=True)`; keywords are its options."""

    def make(kind: str, *, locale: Locale = "pt-BR", currency: str = "BRL", **options: Any) -> RoutineRun:
        return RoutineRun(
            organization=Organization(
                id=ORGANIZATION_ID,
                name="Pet da Praça",
                locale=locale,
                timezone="America/Sao_Paulo",
                currency=currency,
            ),
            kind=kind,
            local_date=TODAY,
            options=options,
            now=NOW,
            owners=(RoutineOwner(phone="+5511988887777", name="Carla", permission=Permission.ADMIN),),
        )

    return make


def contact_id(number: int) -> UUID:
    return UUID(int=number)


def calendar_of(**changes: Any) -> dict[str, Any]:
    """Return what `api.calendar` answers for a business that is open from nine to six on working days."""
    open_days: dict[str, Any] = {day: [["09:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
    return {
        "timezone": "America/Sao_Paulo",
        "hours": {**open_days, "sat": [], "sun": []},
        "rules": {"slot_minutes": 60, "notice_minutes": 60, "horizon_days": 30, "cancel_notice_minutes": 0},
        "resources": [{"name": "main", "hours": None}],
        "services": [
            {"id": str(contact_id(100)), "name": "Banho", "price_cents": 6000, "duration_minutes": 60},
            {"id": str(contact_id(101)), "name": "Tosa", "price_cents": None, "duration_minutes": 120},
        ],
        "bookings": [],
        "blocks": [],
        **changes,
    }
