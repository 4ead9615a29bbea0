"""What the business sells and when it is open."""

from datetime import time, timedelta
from typing import Any

from shared.assistants import business_hours
from shared.assistants.desks.bookable import load_calendar, local_today, price_of, service_name
from shared.assistants.desks.desk import Desk
from shared.assistants.moments import as_data
from shared.assistants.tools import NoArguments, Tool, ToolResult
from shared.assistants.untrusted import clean_line
from shared.calendar import Busy
from shared.models import BusinessProfile, Service

_DESCRIPTION_LIMIT = 300
_REASON_LIMIT = 80
_AHEAD = timedelta(days=30)
_MOST_BLOCKS = 20


def catalogue_tools(desk: Desk) -> tuple[Tool[Any], ...]:
    """Return the tools of this desk. Raises `ValueError` for a turn without the business's profile."""
    if desk.turn.profile is None:
        raise ValueError("a turn of a client comes with the profile of the business")
    told, catalogue = desk.texts.calendar, _Catalogue(desk, desk.turn.profile)
    return (
        Tool(
            name="list_services",
            description=told.list_services,
            arguments=NoArguments,
            run=catalogue.list_services,
        ),
        Tool(
            name="business_hours",
            description=told.business_hours,
            arguments=NoArguments,
            run=catalogue.business_hours,
        ),
    )


class _Catalogue:
    """The tools of one turn, over what the turn knows of the business."""

    def __init__(self, desk: Desk, profile: BusinessProfile) -> None:
        self._desk = desk
        self._profile = profile

    async def list_services(self, _: NoArguments) -> ToolResult:
        return ToolResult(data={"services": [self._describe(service) for service in self._profile.services]})

    async def business_hours(self, _: NoArguments) -> ToolResult:
        turn, today = self._desk.turn, local_today(self._desk)
        described = business_hours.describe(
            self._profile.business_hours,
            local=turn.local(turn.now),
            timezone=turn.organization.timezone,
            weekdays=self._desk.texts.conversation.weekdays,
        )
        calendar = await load_calendar(self._desk, first=today, last=today + _AHEAD)
        ahead = [block for block in calendar.blocks if block.resource is None and block.ends_at > turn.now]
        return ToolResult(data={**described, "closed_ahead": [self._block(block) for block in ahead[:_MOST_BLOCKS]]})

    def _describe(self, service: Service) -> dict[str, str | int | None]:
        description = service.description
        return {
            "name": service_name(service),
            "description": clean_line(description, limit=_DESCRIPTION_LIMIT) if description else None,
            "price": price_of(self._desk, service.price_cents),
            "duration_minutes": service.duration_minutes,
        }

    def _block(self, block: Busy) -> dict[str, Any]:
        """Describe a block by its local bounds; one that ends at midnight ends with the day before, at 24:00."""
        starts, ends = self._desk.turn.local(block.starts_at), self._desk.turn.local(block.ends_at)
        until = as_data(ends, self._desk.texts)
        if ends.time() == time():
            until = {**as_data(ends - timedelta(days=1), self._desk.texts), "time": "24:00"}
        return {
            "from": as_data(starts, self._desk.texts),
            "until": until,
            "reason": clean_line(block.reason, limit=_REASON_LIMIT) if block.reason else None,
        }
