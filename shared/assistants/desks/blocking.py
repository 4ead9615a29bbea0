"""Time that the owner keeps free: shown first, and blocked only when the owner agrees in a later message."""

import datetime
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field

from shared.assistants.desks.agenda import Agenda, Appointment
from shared.assistants.desks.bookable import local_today
from shared.assistants.desks.contacts import clean_name
from shared.assistants.desks.desk import Desk
from shared.assistants.moments import format_day
from shared.assistants.proposals import Plan, ProposalKind, propose
from shared.assistants.tools import Arguments, Tool, ToolResult, read_row
from shared.assistants.untrusted import clean_line
from shared.calendar.local_time import boundary_of

_REASON_LIMIT = 100
_NAMED = 5  # appointments in the time to be blocked that are named
_A_DAY = datetime.timedelta(days=1)

_Clock = Annotated[str, Field(pattern=r"^(([01]?\d|2[0-3]):[0-5]\d|24:00)$")]


class TimeToBlock(Arguments):
    """A local day, or a part of it."""

    date: datetime.date
    start: _Clock | None = None  #: the day's beginning, when it is not said
    end: _Clock | None = None  #: the day's end, when it is not said
    reason: Annotated[str, AfterValidator(partial(clean_line, limit=_REASON_LIMIT))] | None = None


@dataclass(frozen=True)
class _Period:
    starts_at: datetime.datetime
    ends_at: datetime.datetime

    def touches(self, appointment: Appointment) -> bool:
        return appointment.starts_at < self.ends_at and self.starts_at < appointment.ends_at


def blocking_tools(desk: Desk) -> tuple[Tool[Any], ...]:
    """Return the tool of this desk."""

    async def block(wish: TimeToBlock) -> ToolResult:
        return await _propose_block(desk, wish)

    return (Tool(name="block_time", description=desk.texts.owner.block_time, arguments=TimeToBlock, run=block),)


async def _propose_block(desk: Desk, wish: TimeToBlock) -> ToolResult:
    zone = ZoneInfo(desk.turn.organization.timezone)
    period = _Period(
        boundary_of(_local(wish.date, wish.start or "00:00"), zone),
        boundary_of(_local(wish.date, wish.end or "24:00"), zone),
    )
    if period.ends_at <= period.starts_at:
        return ToolResult(data={"error": "end_before_start"})
    if period.ends_at <= desk.turn.now:
        return ToolResult(data={"error": "past"})
    standing = await _standing(desk, wish.date, period)
    action = {"starts_at": period.starts_at.isoformat(), "ends_at": period.ends_at.isoformat(), "reason": wish.reason}
    plan = Plan(kind=ProposalKind.BLOCK, action=action, preview=_preview(desk, wish, standing))
    return await propose(desk, tool="block_time", arguments=wish, plan=plan)


async def _standing(desk: Desk, day: datetime.date, period: _Period) -> list[Appointment]:
    """Return the appointments in a period of a local day: blocking does not cancel them."""
    arguments = {"organization_id": desk.organization_id, "from": (day - _A_DAY).isoformat(), "days": 2}
    agenda = read_row(Agenda, await desk.database.call("agenda", **arguments), function="agenda")
    return [each for each in agenda.appointments if each.status != "no_show" and period.touches(each)]


def _preview(desk: Desk, wish: TimeToBlock, standing: list[Appointment]) -> str:
    told = desk.texts.owner
    whole = wish.start is None and wish.end is None
    lines = [
        told.block_preview.format(
            day=format_day(wish.date, desk.texts, today=local_today(desk)),
            time=told.whole_day if whole else f"{wish.start or '00:00'}–{wish.end or '24:00'}",
        )
    ]
    if wish.reason:
        lines.append(told.block_reason.format(reason=wish.reason))
    if standing:
        named = ", ".join(_name(desk, each) for each in standing[:_NAMED])
        more = "…" if len(standing) > _NAMED else ""
        lines.append(told.standing_bookings.format(count=len(standing), bookings=f"{named}{more}"))
    return "\n".join(lines)


def _name(desk: Desk, appointment: Appointment) -> str:
    who = clean_name(appointment.contact) or desk.texts.owner.nameless
    return f"{desk.turn.local(appointment.starts_at):%H:%M} {who}"


def _local(day: datetime.date, clock: str) -> datetime.datetime:
    """Read a time of day of a date, 24:00 as the next day's midnight."""
    hour, minute = clock.split(":")
    return datetime.datetime.combine(day, datetime.time()) + datetime.timedelta(hours=int(hour), minutes=int(minute))
